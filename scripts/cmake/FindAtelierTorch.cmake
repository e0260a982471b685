# SPDX-License-Identifier: GPL-3.0-or-later
# Imported targets for a LibTorch folder or the torch folder of a Python wheel; no nvcc, no find_package(Torch).
#   Torch::cpu           c10 + torch_cpu + headers, always. The CUDA half is opened at run time (core/engine).
#   Torch::cuda_headers  CUDA runtime headers beside the wheel, when they are there.
# Looked for in ATELIER_LIBTORCH (a libtorch folder, or the torch folder inside a Python), then in scripts/setup's cache.
set(ATELIER_LIBTORCH "$ENV{ATELIER_LIBTORCH}" CACHE PATH "LibTorch: the folder that holds include/ and lib/")
if(NOT ATELIER_LIBTORCH)
  set(_cache "$ENV{ATELIER_CACHE}")
  if(NOT _cache)
    if(DEFINED ENV{XDG_CACHE_HOME})
      set(_cache "$ENV{XDG_CACHE_HOME}/atelier")
    else()
      set(_cache "$ENV{HOME}/.cache/atelier")
    endif()
  endif()
  file(GLOB _found "${_cache}/venv/lib/python3*/site-packages/torch" "${_cache}/libtorch")
  list(LENGTH _found _n)
  if(_n GREATER 0)
    list(GET _found 0 _first)
    set_property(CACHE ATELIER_LIBTORCH PROPERTY VALUE "${_first}")
  endif()
endif()
if(EXISTS /usr/include/torch OR EXISTS /usr/include/ATen)
  message(FATAL_ERROR "/usr/include holds another LibTorch (torch/ or ATen/); its headers would win over ${ATELIER_LIBTORCH}. "
    "Remove that package (apt remove libtorch-dev) and configure again.")
endif()
set(_i "${ATELIER_LIBTORCH}/include")
set(_l "${ATELIER_LIBTORCH}/lib")
set(_n "${ATELIER_LIBTORCH}/../nvidia")
foreach(_v MAJOR MINOR PATCH)
  set(_TV_${_v} "")
  foreach(_h torch/headeronly/version.h torch/version.h torch/csrc/api/include/torch/version.h)
    if(_TV_${_v} STREQUAL "" AND EXISTS "${_i}/${_h}")
      file(STRINGS "${_i}/${_h}" _s REGEX "define TORCH_VERSION_${_v} ")
      if(_s MATCHES "([0-9]+)$")
        set(_TV_${_v} "${CMAKE_MATCH_1}")
      endif()
    endif()
  endforeach()
endforeach()
set(AtelierTorch_VERSION "${_TV_MAJOR}.${_TV_MINOR}.${_TV_PATCH}")
include(FindPackageHandleStandardArgs)
find_file(AtelierTorch_CPU_LIB libtorch_cpu.so PATHS "${_l}" NO_DEFAULT_PATH)
find_file(AtelierTorch_C10_LIB libc10.so PATHS "${_l}" NO_DEFAULT_PATH)
find_package_handle_standard_args(AtelierTorch
  REQUIRED_VARS AtelierTorch_CPU_LIB AtelierTorch_C10_LIB VERSION_VAR AtelierTorch_VERSION
  REASON_FAILURE_MESSAGE "Run scripts/setup, or set ATELIER_LIBTORCH to a libtorch folder or to the torch folder inside a Python.")
if(AtelierTorch_FOUND AND NOT TARGET Torch::cpu)
  find_package(Threads REQUIRED)
  # -idirafter, never -isystem: the wheel ships its own fmt, which would shadow Debian's.
  add_library(Torch::c10 SHARED IMPORTED GLOBAL)
  set_target_properties(Torch::c10 PROPERTIES IMPORTED_LOCATION "${AtelierTorch_C10_LIB}"
    INTERFACE_COMPILE_OPTIONS "SHELL:-idirafter ${_i}/torch/csrc/api/include;SHELL:-idirafter ${_i}")
  add_library(Torch::cpu SHARED IMPORTED GLOBAL)
  set_target_properties(Torch::cpu PROPERTIES IMPORTED_LOCATION "${AtelierTorch_CPU_LIB}"
    INTERFACE_COMPILE_DEFINITIONS "_GLIBCXX_USE_CXX11_ABI=1;USE_DISTRIBUTED;USE_C10D_GLOO"
    INTERFACE_LINK_LIBRARIES "Torch::c10;Threads::Threads")
  # at::parallel_for is a header template: without -fopenmp it runs every loop of ours on one thread. The runtime must be the one
  # that libtorch_cpu.so loads, or there would be two pools of threads.
  set_property(TARGET Torch::cpu APPEND PROPERTY INTERFACE_COMPILE_OPTIONS -fopenmp)
  file(GLOB _gomp "${_l}/libgomp*.so*")
  if(_gomp)
    list(GET _gomp 0 _gomp)
    set_property(TARGET Torch::cpu APPEND PROPERTY INTERFACE_LINK_LIBRARIES "${_gomp}")
  else()
    set_property(TARGET Torch::cpu APPEND PROPERTY INTERFACE_LINK_LIBRARIES gomp)
  endif()
  # libtorch_cpu.so needs libcudart and libcupti of the nvidia wheels; its own run path finds them, GNU ld needs the hint.
  set_property(TARGET Torch::cpu PROPERTY INTERFACE_LINK_OPTIONS "LINKER:-rpath-link,${_l}" "LINKER:-rpath-link,${_n}/cu13/lib")
  find_path(AtelierTorch_CUDART_INCLUDE cuda_runtime_api.h
    PATHS "${_n}/cu13/include" "$ENV{CUDA_HOME}/include" /usr/local/cuda/include NO_DEFAULT_PATH)
  if(AtelierTorch_CUDART_INCLUDE)
    add_library(Torch::cuda_headers INTERFACE IMPORTED GLOBAL)
    set_target_properties(Torch::cuda_headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${AtelierTorch_CUDART_INCLUDE}")
  endif()
endif()
