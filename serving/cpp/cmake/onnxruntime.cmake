# onnxruntime::onnxruntime from ORT_INCLUDE_DIR and ORT_LIB_DIR, or from where the system keeps it. Used by this build
# and by the package that it installs.

find_path(KERAS_GEN_ORT_HEADERS onnxruntime_cxx_api.h
  HINTS "${ORT_INCLUDE_DIR}" PATH_SUFFIXES onnxruntime onnxruntime/core/session)
if(NOT KERAS_GEN_ORT_HEADERS)
  message(FATAL_ERROR
    "ORT_INCLUDE_DIR must hold onnxruntime_cxx_api.h (fetch_headers.sh gets it). Received: \"${ORT_INCLUDE_DIR}\".")
endif()
find_library(KERAS_GEN_ORT_LIBRARY onnxruntime HINTS "${ORT_LIB_DIR}")
if(NOT KERAS_GEN_ORT_LIBRARY)
  message(FATAL_ERROR "ORT_LIB_DIR must hold the onnxruntime library. Received: \"${ORT_LIB_DIR}\".")
endif()

if(NOT TARGET onnxruntime::onnxruntime)
  add_library(onnxruntime::onnxruntime UNKNOWN IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION "${KERAS_GEN_ORT_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${KERAS_GEN_ORT_HEADERS}")
endif()
