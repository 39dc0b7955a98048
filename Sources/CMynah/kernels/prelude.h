// Includes that must come before an instruction set's target attribute is pushed.
#include "../dispatch.h"

#include <math.h>
#include <string.h>
