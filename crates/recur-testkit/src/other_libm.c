/* The platform's mathematics, one unit in the last place off: what another platform's may be. Results that are whole numbers
   are exact everywhere, and stay. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

static double off(double x) {
    uint64_t bits;
    if (!(x > -1e15 && x < 1e15) || x == (double)(int64_t)x) return x;
    memcpy(&bits, &x, sizeof bits);
    bits += 1;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

static float off_f(float x) {
    uint32_t bits;
    if (!(x > -1e15f && x < 1e15f) || x == (float)(int64_t)x) return x;
    memcpy(&bits, &x, sizeof bits);
    bits += 1;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

#define ONE(name)                                                                     \
    double name(double x) {                                                           \
        static double (*real)(double);                                                \
        if (!real) real = (double (*)(double))dlsym(RTLD_NEXT, #name);                \
        return off(real(x));                                                          \
    }                                                                                 \
    float name##f(float x) {                                                          \
        static float (*real)(float);                                                  \
        if (!real) real = (float (*)(float))dlsym(RTLD_NEXT, #name "f");              \
        return off_f(real(x));                                                        \
    }

#define TWO(name)                                                                     \
    double name(double x, double y) {                                                 \
        static double (*real)(double, double);                                        \
        if (!real) real = (double (*)(double, double))dlsym(RTLD_NEXT, #name);        \
        return off(real(x, y));                                                       \
    }                                                                                 \
    float name##f(float x, float y) {                                                 \
        static float (*real)(float, float);                                           \
        if (!real) real = (float (*)(float, float))dlsym(RTLD_NEXT, #name "f");       \
        return off_f(real(x, y));                                                     \
    }

ONE(exp) ONE(exp2) ONE(expm1) ONE(log) ONE(log2) ONE(log10) ONE(log1p)
ONE(sin) ONE(cos) ONE(tan) ONE(asin) ONE(acos) ONE(atan)
ONE(sinh) ONE(cosh) ONE(tanh) ONE(asinh) ONE(acosh) ONE(atanh)
ONE(cbrt) ONE(erf) ONE(erfc) ONE(tgamma) ONE(lgamma)
TWO(pow) TWO(atan2) TWO(hypot)
