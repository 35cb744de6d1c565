# Flags that hold for every target: warnings, the base instruction set, sanitizers, ccache.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(kevy_flags INTERFACE)
set(kevy_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
target_compile_options(kevy_flags INTERFACE
  ${kevy_warnings}
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # g++ 12 sees overlaps in std::string that are not there
  $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>  # not part of g++'s -Wconversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<BOOL:${KEVY_WARNINGS_AS_ERRORS}>:-Werror>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
  target_compile_options(kevy_flags INTERFACE -march=x86-64-v2)
endif()

if(KEVY_SANITIZE)
  add_compile_options(-fsanitize=${KEVY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${KEVY_SANITIZE} $<$<LINK_LANG_AND_ID:C,Clang>:-lstdc++>)  # for the engine, which is C++
  if(NOT KEVY_SANITIZE MATCHES "thread")  # TSan's part for C++ is operator new alone, which tests replace
    add_link_options($<$<LINK_LANG_AND_ID:C,Clang>:-fsanitize-link-c++-runtime>)
  endif()
  add_compile_definitions(KEVY_SANITIZED)
endif()

if(KEVY_FUZZ)
  add_compile_options(-O1 -fsanitize=fuzzer-no-link)
endif()

# What most sources include, compiled once per target: the presets' builds take half of the time. A source
# that forgets an include is seen by tools/lint.py.
function(kevy_precompile target)
  if(KEVY_PRECOMPILED)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    # g++ 12 sees overruns in a precompiled std::string that are not there.
    target_compile_options(${target} PRIVATE "$<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow;-Wno-array-bounds>")
  endif()
endfunction()

# A program of tests: the framework's header is compiled once, and no time is spent on making the tests
# themselves fast.
function(kevy_quick_to_build target)
  target_compile_options(${target} PRIVATE -O0)
  target_precompile_headers(${target} PRIVATE ${KEVY_TEST_HEADERS})
endfunction()
