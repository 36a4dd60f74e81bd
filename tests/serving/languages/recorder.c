/* Loaded before other libraries: writes a line for every internet socket, and one when ONNX Runtime is asked for its
   functions, with what it is told of telemetry. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void note(const char* what, const char* value) {
    FILE* file = fopen(getenv("RECORD"), "a");
    fprintf(file, "%s %s\n", what, value == NULL ? "unset" : value);
    fclose(file);
}

int socket(int domain, int type, int protocol) {
    if (domain == AF_INET || domain == AF_INET6) note("socket", "opened");
    return ((int (*)(int, int, int))dlsym(RTLD_NEXT, "socket"))(domain, type, protocol);
}

const void* OrtGetApiBase(void) {
    note("telemetry", getenv("ORT_DISABLE_TELEMETRY"));
    /* Where it was loaded by what was itself loaded late, the next library to look in is not it. */
    void* library = dlopen("libonnxruntime.so.1", RTLD_LAZY | RTLD_NOLOAD);
    return ((const void* (*)(void))dlsym(library, "OrtGetApiBase"))();
}
