# What the engine is made with, besides the compiler: xxHash's header and LZ4, of Debian's
# libxxhash-dev and liblz4-dev. Whoever uses libkevy needs neither: the object file of LZ4 goes into
# it, shared and static alike. KEVY_LZ4_OBJECT is where it is.
find_path(KEVY_XXHASH_INCLUDE xxhash.h)
find_path(KEVY_LZ4_INCLUDE lz4.h)
find_library(KEVY_LZ4_ARCHIVE NAMES liblz4.a)
if(NOT KEVY_XXHASH_INCLUDE OR NOT KEVY_LZ4_INCLUDE OR NOT KEVY_LZ4_ARCHIVE)
  message(FATAL_ERROR "kevy is built with xxHash and LZ4. Install libxxhash-dev and liblz4-dev, or "
                      "run: make setup")
endif()

set(lz4_dir ${CMAKE_CURRENT_BINARY_DIR}/lz4)
set(KEVY_LZ4_OBJECT ${lz4_dir}/lz4.o)
file(MAKE_DIRECTORY ${lz4_dir})
execute_process(COMMAND ${CMAKE_AR} x ${KEVY_LZ4_ARCHIVE} lz4.o WORKING_DIRECTORY ${lz4_dir}
                COMMAND_ERROR_IS_FATAL ANY)

# Lua 5.1, of Debian's liblua5.1-0-dev: the archive that was compiled as C++, where an error is an
# exception, so that destructors run. What of it asks the C library for the locale, for files or for
# the end of the process gets functions of kevy's instead (core/script/lua/c_library.cpp); the
# libraries of files, processes and debugging are left out. KEVY_LUA_OBJECT is the rest, as one object
# file with nothing global but the API.
find_path(KEVY_LUA_INCLUDE lua.hpp PATH_SUFFIXES lua5.1)
find_library(KEVY_LUA_ARCHIVE NAMES liblua5.1-c++.a)
if(NOT KEVY_LUA_INCLUDE OR NOT KEVY_LUA_ARCHIVE)
  message(FATAL_ERROR "kevy is built with Lua 5.1. Install liblua5.1-0-dev, or run: make setup")
endif()

set(lua_dir ${CMAKE_CURRENT_BINARY_DIR}/lua)
set(KEVY_LUA_OBJECT ${lua_dir}/lua.o)
file(MAKE_DIRECTORY ${lua_dir})
set(lua_members)
foreach(name api code debug do dump func gc lex mem object opcodes parser state string table tm undump
        vm zio auxlib baselib mathlib tablib strlib)
  list(APPEND lua_members l${name}-c++.o)
endforeach()
set(lua_renamed)
foreach(name __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __sprintf_chk __fprintf_chk
        localeconv strcoll strtod strerror stdin stdout stderr exit rand srand)
  list(APPEND lua_renamed --redefine-sym ${name}=kevy_lua_${name})
endforeach()
execute_process(COMMAND ${CMAKE_AR} x ${KEVY_LUA_ARCHIVE} ${lua_members}
                WORKING_DIRECTORY ${lua_dir} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_LINKER} -r -o joined.o ${lua_members}
                WORKING_DIRECTORY ${lua_dir} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_OBJCOPY} ${lua_renamed} --wildcard --keep-global-symbol=lua_*
                  --keep-global-symbol=luaL_* --keep-global-symbol=luaopen_*
                  --keep-global-symbol=DW.ref.* joined.o lua.o
                WORKING_DIRECTORY ${lua_dir} COMMAND_ERROR_IS_FATAL ANY)
