// SPDX-License-Identifier: BSL-1.0
#pragma once
// Every macro of the library and everything that differs between compilers. What a user may define:
//   TESSERA_USE_XSIMD   0 builds without xsimd: one lane, plain loops (default 1; always 0 under nvcc, which cannot compile it)
//   TESSERA_REFERENCE_KERNELS  1 also compiles every kernel for one lane, so that backend::scope can choose it (default 0)
//   TESSERA_USE_ZLIB    1 makes the .gz readers available; link zlib (default 0)
//   TESSERA_USE_THRUST  1 adds the backend that runs on Thrust's plain loops; with TESSERA_THRUST_OMP and TESSERA_THRUST_TBB also
//                       those on OpenMP and on Threading Building Blocks (default 0)
//   TESSERA_USE_CUDA    1 adds GPUs; link the CUDA runtime, compile what runs on a GPU with nvcc (default 0)
//   TESSERA_USE_CUBLAS  1 multiplies matrices on GPUs by cuBLAS and cuBLASLt; link both (default 0)
//   TESSERA_USE_CUDNN   1 convolves and runs LSTMs on GPUs by cuDNN 9; link it (default 0)
//   TESSERA_EMULATED_GPU  1 adds two GPUs that are this processor with memory of their own, for tests (default 0)
//   TESSERA_INSTANTIATED  1: what no shape enters is compiled once, in a library that is linked; tessera_instantiated() of CMake
//                       sets it and makes the library. 2, 3: this unit is that library, for float and for double (default 0)

/// Marks a function that GPU code may call too.
#if defined(__CUDACC__)
#define TESSERA_FN __host__ __device__
#else
#define TESSERA_FN
#endif

/// Marks a small function that must disappear in every build, -O1 included, and that GPU code may call. Never on a loop.
#define TESSERA_INLINE [[gnu::always_inline]] inline TESSERA_FN

/// Before a function that GPU code may call and that calls what it is given: whether a GPU may run that is its caller's matter.
#if defined(__CUDACC__)
#define TESSERA_CALLS_ANYTHING _Pragma("nv_exec_check_disable")
#else
#define TESSERA_CALLS_ANYTHING
#endif

/// Marks what runs seldom, errors and recorded gradients: compiled small and apart.
#define TESSERA_COLD [[gnu::cold, gnu::noinline]]

#if !defined(TESSERA_INSTANTIATED)
#define TESSERA_INSTANTIATED 0
#endif

/// In place of `inline`: a function of some size that no template parameter enters. Where a library holds it, the units that use
/// it read its text and call it, but do not compile it. TESSERA_APART_ONCE: and not to be inlined; TESSERA_COLD_ONCE: nor fast.
#if TESSERA_INSTANTIATED == 2 && defined(__GNUC__)
#define TESSERA_ONCE [[gnu::used]] inline
#define TESSERA_APART_ONCE [[gnu::used, gnu::noinline]] inline
#define TESSERA_COLD_ONCE [[gnu::used, gnu::cold, gnu::noinline]] inline
#elif TESSERA_INSTANTIATED != 0 && defined(__clang__)
#pragma clang diagnostic ignored "-Wgnu-inline-cpp-without-extern"  // members cannot be extern
#define TESSERA_ONCE [[gnu::gnu_inline, gnu::noinline]] inline
#define TESSERA_APART_ONCE TESSERA_ONCE
#define TESSERA_COLD_ONCE [[gnu::gnu_inline, gnu::cold, gnu::noinline]] inline
#elif TESSERA_INSTANTIATED != 0 && defined(__GNUC__)
// g++ takes gnu_inline for a wish to inline and refuses noinline beside it; it inlines no function that has options of its own.
#define TESSERA_ONCE [[gnu::gnu_inline, gnu::optimize("O0")]] inline
#define TESSERA_APART_ONCE TESSERA_ONCE
#define TESSERA_COLD_ONCE [[gnu::gnu_inline, gnu::optimize("O0"), gnu::cold]] inline
#else
#define TESSERA_ONCE inline
#define TESSERA_APART_ONCE [[gnu::noinline]] inline
#define TESSERA_COLD_ONCE [[gnu::cold, gnu::noinline]] inline
#endif

/// TESSERA_INSTANTIATE(float, struct any_tensor<float>): an instantiation that such a library holds, in its part for an element
/// type. _LISTED: where that type or function may still be incomplete, in headers that <tessera/instantiated.hpp> reads again.
#if TESSERA_INSTANTIATED == 0 || !defined(__GNUC__)
#define TESSERA_EXTERN(...)
#define TESSERA_HERE_float(...)
#define TESSERA_HERE_double(...)
#else
#define TESSERA_EXTERN(...) extern template __VA_ARGS__;
#if TESSERA_INSTANTIATED == 2
#define TESSERA_HERE_float(...) template __VA_ARGS__;
#else
#define TESSERA_HERE_float(...) TESSERA_EXTERN(__VA_ARGS__)
#endif
#if TESSERA_INSTANTIATED == 3
#define TESSERA_HERE_double(...) template __VA_ARGS__;
#else
#define TESSERA_HERE_double(...) TESSERA_EXTERN(__VA_ARGS__)
#endif
#endif
#define TESSERA_INSTANTIATE(T, ...) TESSERA_HERE_##T(__VA_ARGS__)
#define TESSERA_INSTANTIATE_LISTED(T, ...) TESSERA_EXTERN(__VA_ARGS__)

/// The same as TESSERA_INLINE for a lambda, behind its parameters.
#define TESSERA_INLINE_LAMBDA __attribute__((always_inline))

/// Before a loop whose few turns the compiler shall write out.
#if defined(__CUDACC__) || !defined(__GNUC__)
#define TESSERA_UNROLL
#else
#define TESSERA_UNROLL _Pragma("GCC unroll 16")
#endif

/// Before a loop whose turns shall not be written out for a GPU: few of them are run, and copies take long to compile.
#if defined(__CUDACC__)
#define TESSERA_ROLLED _Pragma("unroll 1")
#else
#define TESSERA_ROLLED
#endif

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

#if !defined(TESSERA_USE_THRUST)
#define TESSERA_USE_THRUST 0
#endif
#if !defined(TESSERA_THRUST_OMP)
#define TESSERA_THRUST_OMP 0
#endif
#if !defined(TESSERA_THRUST_TBB)
#define TESSERA_THRUST_TBB 0
#endif
#if !defined(TESSERA_USE_CUDA)
#define TESSERA_USE_CUDA 0
#endif
#if !defined(TESSERA_USE_CUBLAS)
#define TESSERA_USE_CUBLAS 0
#endif
#if !defined(TESSERA_USE_CUDNN)
#define TESSERA_USE_CUDNN 0
#endif
#if !defined(TESSERA_EMULATED_GPU)
#define TESSERA_EMULATED_GPU 0
#endif

// Is there any backend that takes work item by item?
#define TESSERA_RUNS_ITEMS (TESSERA_USE_THRUST || TESSERA_USE_CUDA || TESSERA_EMULATED_GPU)

// Can a tensor be elsewhere than in the memory of the processor?
#define TESSERA_HAS_GPU (TESSERA_USE_CUDA || TESSERA_EMULATED_GPU)

// Does this unit compile kernels for GPUs? Other units of the program reach them through slots that such a unit fills.
#if !defined(TESSERA_COMPILES_GPU_CODE)
#if defined(__CUDACC__) || TESSERA_EMULATED_GPU
#define TESSERA_COMPILES_GPU_CODE 1
#else
#define TESSERA_COMPILES_GPU_CODE 0
#endif
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
inline constexpr bool has_thrust = TESSERA_USE_THRUST;
inline constexpr bool has_cuda = TESSERA_USE_CUDA;
/// Can a tensor be elsewhere than in the memory of the processor?
inline constexpr bool has_gpu = TESSERA_HAS_GPU;

}  // namespace tessera
