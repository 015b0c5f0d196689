#pragma once

#include <cstdint>
#include <string_view>

namespace kontena::logs {

// CRC-32: tells bytes that a crash or a disk has damaged from whole ones, and nothing against who means harm.
std::uint32_t checksum(std::string_view);

}  // namespace kontena::logs
