#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor.h"
#include "kontena/base/result.h"
#include "message.h"

namespace kontena::netlink {

// A raw netlink socket that asks the kernel and hears its answers, one question at a time.
class Socket {
 public:
  static Result<Socket> open(int protocol);

  // Sends one change and waits until the kernel has made it.
  Status change(Message);
  // Sends one question and gives the answer's payload (without its header).
  Result<std::string> ask(Message);
  // The payloads of all that a dump lists. Read anew where the kernel says that the
  // list changed meanwhile.
  Result<std::vector<std::string>> dump(Message);
  // Sends many at once. The errors are those of the messages of the same index.
  Result<std::vector<std::optional<Error>>> change_all(std::span<const Message>);

 private:
  // One message of the kernel's: its type and flags, and what comes after the header.
  struct Heard {
    std::uint16_t type;
    std::uint16_t flags;
    std::uint32_t sequence;
    std::string_view payload;
  };
  explicit Socket(Descriptor socket) : socket_(std::move(socket)), buffer_(256u << 10, '\0') {}

  Status send(std::string_view bytes);
  // Hears messages until `each` says false.
  Status hear(const std::function<bool(const Heard&)>& each);

  Descriptor socket_;
  std::string buffer_;
  std::uint32_t sequence_ = 0;
};

}  // namespace kontena::netlink
