// SPDX-License-Identifier: BSL-1.0
#pragma once
// What this build consists of, for bug reports.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/core/version.hpp>
#include <tessera/storage/device.hpp>

#include <ostream>

namespace tessera {

/// Prints the version, the compiler, the registers, the threads, the optional components and the devices.
///   like  torch.__config__.show
TESSERA_COLD inline void show_config(std::ostream& out) {
  out << "tessera " << version << '\n';
#if defined(__clang__)
  out << "compiler: clang " << __clang_version__ << '\n';
#elif defined(__GNUC__)
  out << "compiler: g++ " << __VERSION__ << '\n';
#endif
#if TESSERA_USE_XSIMD
  out << "registers: " << xsimd::default_arch::name() << ", " << backend::width<backend::simd_register<float>> << " float or "
      << backend::width<backend::simd_register<double>> << " double lanes (xsimd " << XSIMD_VERSION_MAJOR << '.' << XSIMD_VERSION_MINOR << '.' << XSIMD_VERSION_PATCH << ")\n";
#else
  out << "registers: one lane (built without xsimd)\n";
#endif
  out << "threads: " << num_threads() << '\n'
      << "components: reference kernels " << (has_reference_kernels ? "yes" : "no") << ", zlib " << (has_zlib ? "yes" : "no") << '\n'
      << "devices: cpu";
  if (gpu::is_available()) out << ", " << gpu::count() << " gpu";
  out << '\n';
}

}  // namespace tessera
