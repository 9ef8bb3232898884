// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Trains the network and writes it to a file that felt_temperature.cpp includes.
///   error  tessera::io_error naming the file
void train(const char* file);
