# SPDX-License-Identifier: GPL-3.0-or-later
# One function per kind of target, so that every folder's CMakeLists.txt is a list of names.

# atelier_library(base SOURCES a.cpp b.cpp PUBLIC libs… PRIVATE libs…): the static library of one folder, alias atelier::base.
function(atelier_library name)
  cmake_parse_arguments(A "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(atelier_${name} STATIC ${A_SOURCES})
  add_library(atelier::${name} ALIAS atelier_${name})
  target_include_directories(atelier_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(atelier_${name} PUBLIC ${A_PUBLIC} PRIVATE atelier_warnings ${A_PRIVATE})
endfunction()

# atelier_test(tst_random LABEL unit SOURCES tst_random.cpp LIBS atelier::base [TIMEOUT 60]): one Qt Test executable = one ctest test.
function(atelier_test name)
  cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;LIBS;ENVIRONMENT" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE QT_NO_KEYWORDS
    ATELIER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ATELIER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE atelier_warnings Qt6::Test ${A_LIBS})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABEL}" TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "QT_QPA_PLATFORM=offscreen;OMP_WAIT_POLICY=PASSIVE;OMP_NUM_THREADS=2;${A_ENVIRONMENT}")
endfunction()

# atelier_python_test(interop_shards LABEL interop SCRIPT x.py): a script run by the oracle Python (real diffusers, webdataset, …).
# It finds the programs in ATELIER_BIN and the sources in ATELIER_SOURCE.
function(atelier_python_test name)
  cmake_parse_arguments(A "" "LABEL;SCRIPT;TIMEOUT" "ENVIRONMENT" ${ARGN})
  if(NOT ATELIER_ORACLE_PYTHON)
    return()
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 900)
  endif()
  add_test(NAME ${name} COMMAND ${ATELIER_ORACLE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${A_SCRIPT})
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABEL}" TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "ATELIER_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};ATELIER_SOURCE=${PROJECT_SOURCE_DIR};HF_HUB_OFFLINE=1;TRANSFORMERS_OFFLINE=1;OMP_NUM_THREADS=2;OMP_WAIT_POLICY=PASSIVE;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/interop;QT_QPA_PLATFORM=offscreen;${A_ENVIRONMENT}")
endfunction()
