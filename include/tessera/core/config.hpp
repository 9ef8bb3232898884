// SPDX-License-Identifier: BSL-1.0
#pragma once
// Every macro of the library and everything that differs between compilers. What a user may define:
//   TESSERA_USE_XSIMD   0 builds without xsimd: one lane, plain loops (default 1; always 0 under nvcc, which cannot compile it)
//   TESSERA_REFERENCE_KERNELS  1 also compiles every kernel for one lane, so that backend::scope can choose it (default 0)
//   TESSERA_USE_ZLIB    1 makes the .gz readers available; link zlib (default 0)

/// Marks a function that GPU code may call too.
#if defined(__CUDACC__)
#define TESSERA_FN __host__ __device__
#else
#define TESSERA_FN
#endif

/// Marks a small function that must disappear in every build, -O1 included. Never on a loop.
#define TESSERA_INLINE [[gnu::always_inline]] inline

/// Marks what runs seldom, errors and recorded gradients: compiled small and apart.
#define TESSERA_COLD [[gnu::cold, gnu::noinline]]

/// The same as TESSERA_INLINE for a lambda, behind its parameters.
#define TESSERA_INLINE_LAMBDA __attribute__((always_inline))

#if defined(__CUDACC__)
#undef TESSERA_USE_XSIMD
#define TESSERA_USE_XSIMD 0
#elif !defined(TESSERA_USE_XSIMD)
#define TESSERA_USE_XSIMD 1
#endif

#if !defined(TESSERA_REFERENCE_KERNELS)
#define TESSERA_REFERENCE_KERNELS 0
#endif

#if !defined(TESSERA_USE_ZLIB)
#define TESSERA_USE_ZLIB 0
#endif

// Kernels live in an inline namespace named after the instruction set they are compiled for: the linker merges equal
// names, and would otherwise pick the AVX-512 body for the translation unit that was built for SSE2.
#if !TESSERA_USE_XSIMD
#define TESSERA_ARCH one_lane
#elif defined(__AVX512BW__)
#define TESSERA_ARCH avx512bw
#elif defined(__AVX512F__)
#define TESSERA_ARCH avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define TESSERA_ARCH avx2_fma
#elif defined(__AVX2__)
#define TESSERA_ARCH avx2
#elif defined(__AVX__)
#define TESSERA_ARCH avx
#elif defined(__SSE4_2__)
#define TESSERA_ARCH sse4_2
#elif defined(__SSE2__)
#define TESSERA_ARCH sse2
#elif defined(__aarch64__)
#define TESSERA_ARCH neon64
#else
#define TESSERA_ARCH other_lanes
#endif

// Can the lanes of two registers be put in any order? xsimd has no word for it that all its versions know.
#if TESSERA_USE_XSIMD && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define TESSERA_HAS_SHUFFLE 1
#endif
#endif
#if !defined(TESSERA_HAS_SHUFFLE)
#define TESSERA_HAS_SHUFFLE 0
#endif

namespace tessera {

inline constexpr bool has_xsimd = TESSERA_USE_XSIMD;
inline constexpr bool has_reference_kernels = TESSERA_REFERENCE_KERNELS;
inline constexpr bool has_zlib = TESSERA_USE_ZLIB;

}  // namespace tessera
