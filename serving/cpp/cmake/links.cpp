// Whether the onnxruntime library can be linked to at all.
#include <onnxruntime_c_api.h>

int main() { return OrtGetApiBase()->GetVersionString() == nullptr ? 1 : 0; }
