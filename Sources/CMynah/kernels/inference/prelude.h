// What must be included before an instruction set's target attribute is pushed.
#include "../../inference_dispatch.h"
#include "../prelude.h"

#if defined(__x86_64__)
#define select system_select  // declared behind immintrin.h on some systems; simd.h has a function of that name
#include <immintrin.h>
#undef select
#endif
