#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message.h"
#include "setting.h"

// What the kernel's WireGuard is told, and says, in generic netlink. Pure.
namespace kontena::netlink {

Message device_question(std::uint16_t family, const std::string& name);

// As many messages as it takes, each of less than `limit` bytes, which must not be
// less than 1,024. A nest of attributes can be of 64 KB at most.
std::vector<Message> setting_messages(std::uint16_t family, const std::string& name, const Setting&,
                                      std::size_t limit = 16u << 10);

// The device of all the payloads that a dump has given: the peers, and the addresses
// of one peer, go on from one to the next.
Device device_in(const std::vector<std::string>& payloads);

}  // namespace kontena::netlink
