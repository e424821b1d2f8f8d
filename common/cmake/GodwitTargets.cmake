# The options every target of ours is built with, and the one way to declare a library or a program.

add_library(godwit_options INTERFACE)
add_library(godwit::options ALIAS godwit_options)
target_compile_features(godwit_options INTERFACE cxx_std_20)
target_compile_options(godwit_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
target_include_directories(godwit_options INTERFACE ${CMAKE_SOURCE_DIR})
if(GODWIT_SANITIZE)
  # RapidJSON 1.1.0 adds an offset to a null pointer whenever its stack is empty.
  target_compile_options(godwit_options INTERFACE -fsanitize=${GODWIT_SANITIZE} -fno-sanitize=pointer-overflow
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(godwit_options INTERFACE -fsanitize=${GODWIT_SANITIZE})
endif()

# godwit_library(<name> SOURCES ... [DEPENDS <ours or public>...] [PRIVATE <third party>...])
# Makes the target godwit_<name>, alias godwit::<name>.
function(godwit_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  if(ARG_SOURCES)
    add_library(godwit_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(godwit_${name} PUBLIC godwit::options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  else()
    add_library(godwit_${name} INTERFACE)
    target_link_libraries(godwit_${name} INTERFACE godwit::options ${ARG_DEPENDS})
  endif()
  add_library(godwit::${name} ALIAS godwit_${name})
endfunction()

# godwit_program(<name> SOURCES ... DEPENDS ...): an executable that `cmake --install` puts in bin/.
function(godwit_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE godwit::options ${ARG_DEPENDS})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# Builds what the label unit runs, and nothing else.
add_custom_target(unit_tests)

# godwit_test(<name> SOURCES ... DEPENDS ... [LABELS unit]): one doctest executable, run by ctest.
function(godwit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT GODWIT_TESTS)
    return()
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE godwit::options godwit::doctest_main ${ARG_DEPENDS})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300)
  if(ARG_LABELS STREQUAL "unit")
    add_dependencies(unit_tests ${name})
  endif()
endfunction()
