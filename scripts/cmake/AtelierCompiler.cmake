# SPDX-License-Identifier: GPL-3.0-or-later
# Warning flags, ccache. Included once by the top-level CMakeLists.txt.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  # Precompiled headers need these sloppiness flags; hashing relative to the checkout lets clones share results.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

add_library(atelier_warnings INTERFACE)
target_compile_options(atelier_warnings INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wno-missing-field-initializers)
# GCC 12 at -O2 and -O3 reports overlapping copies (GCC bug 105651) and uninitialised strings inside Result that cannot be.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(atelier_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                         -Wno-maybe-uninitialized)
endif()
if(ATELIER_WERROR)
  target_compile_options(atelier_warnings INTERFACE -Werror)
endif()
