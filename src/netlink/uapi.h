#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "descriptor.h"
#include "setting.h"

// The text that a WireGuard process speaks on its socket: lines KEY=VALUE, keys in
// hex, an empty line at the end. See wireguard.com/xplatform.
namespace kontena::netlink::uapi {

std::string setting_text(const Setting&);

// What the answer to "get=1" says; its errno, where it has one, is the error.
Result<Device> device_in(std::string_view answer);

// The error in an answer's errno=; an answer without one is unfinished.
Status status_in(std::string_view answer);

std::string socket_path(const std::string& sockets, const std::string& device);

// Code::not_found where there is no socket, Code::unavailable where nobody listens.
Result<Descriptor> connect(const std::string& path);

// Sends the request and reads until the answer's empty line, or the first `enough`
// bytes of it.
Result<std::string> exchange(const std::string& path, std::string_view request, std::size_t enough = SIZE_MAX);

}  // namespace kontena::netlink::uapi
