# SPDX-License-Identifier: BSL-1.0
# tessera_precompile(target): parses the headers of tessera once for all sources of a target.

function(tessera_precompile target)
  target_precompile_headers(${target} PRIVATE <tessera/tessera.hpp>)
endfunction()
