// The handler of HELP, under the name that the verbs know it by.
#pragma once

#include "runtime/dispatch/help.h"
