#include "socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "fault.h"

namespace kontena::netlink {
namespace {

constexpr int dump_tries = 20;
// So many that the price of a system call does not count, so few that their bytes
// (and the answers, all of them errors) fit the socket's buffers.
constexpr std::size_t batch = 256;
constexpr std::size_t batch_bytes = 96u << 10;

// What an error, or an end that may bear one, says. None: it is an acknowledgement.
std::optional<Error> error_in(std::uint16_t type, std::uint16_t flags, std::string_view payload) {
  std::int32_t number = 0;
  if (payload.size() >= sizeof number) std::memcpy(&number, payload.data(), sizeof number);
  if (number >= 0) return std::nullopt;  // at the end of a dump it is at times a count
  std::string_view said;
  if (flags & NLM_F_ACK_TLVS) {
    // With NETLINK_CAP_ACK only the header of what we sent comes back in between.
    const std::size_t before = type == NLMSG_ERROR ? sizeof(nlmsgerr) : sizeof number;
    if (payload.size() > before)
      for (const Attribute& attribute : attributes(payload.substr(before)))
        if (attribute.type == NLMSGERR_ATTR_MSG) said = attribute.text();
  }
  return fault(-number, said);
}

}  // namespace

Result<Socket> Socket::open(int protocol) {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!socket) return fault(errno).in("opening a netlink socket");
  sockaddr_nl any{};
  any.nl_family = AF_NETLINK;
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
    return fault(errno).in("opening a netlink socket");

  const auto set = [&](int level, int option, const auto& value) {
    // What an older kernel does not know makes answers longer or vaguer, not wrong.
    return ::setsockopt(socket.number(), level, option, &value, sizeof value) == 0;
  };
  const int on = 1, size = 4 << 20;
  set(SOL_NETLINK, NETLINK_EXT_ACK, on);
  set(SOL_NETLINK, NETLINK_CAP_ACK, on);
  set(SOL_NETLINK, NETLINK_GET_STRICT_CHK, on);
  if (!set(SOL_SOCKET, SO_RCVBUFFORCE, size)) set(SOL_SOCKET, SO_RCVBUF, size);
  // The kernel answers while it is being asked; this is lest a bug hold us for ever.
  set(SOL_SOCKET, SO_RCVTIMEO, timeval{20, 0});
  return Socket(std::move(socket));
}

Status Socket::send(std::string_view bytes) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    const auto sent = ::sendto(socket_.number(), bytes.data(), bytes.size(), 0,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent >= 0) return Done{};
    if (errno != EINTR) return fault(errno).in("asking the kernel");
  }
}

Status Socket::hear(const std::function<bool(const Heard&)>& each) {
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const auto got = ::recvfrom(socket_.number(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                                reinterpret_cast<sockaddr*>(&from), &from_size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fault(errno).in("hearing the kernel's answer");
    if (static_cast<std::size_t>(got) > buffer_.size())
      return Error{Code::internal,
                   "an answer of the kernel is longer than " + std::to_string(buffer_.size()) + " bytes"};
    if (from.nl_pid != 0) continue;  // any process may send to us; only the kernel is 0

    std::string_view rest(buffer_.data(), static_cast<std::size_t>(got));
    while (rest.size() >= sizeof(nlmsghdr)) {
      nlmsghdr header;
      std::memcpy(&header, rest.data(), sizeof header);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size()) break;
      const Heard heard{header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq,
                        rest.substr(sizeof header, header.nlmsg_len - sizeof header)};
      if (!each(heard)) return Done{};
      const std::size_t next = NLMSG_ALIGN(std::size_t{header.nlmsg_len});
      rest.remove_prefix(next < rest.size() ? next : rest.size());
    }
  }
}

Status Socket::change(Message message) {
  KTN_TRY(auto errors, change_all(std::span(&message, 1)));
  if (errors[0]) return *std::move(errors[0]);
  return Done{};
}

Result<std::vector<std::optional<Error>>> Socket::change_all(std::span<const Message> messages) {
  std::vector<std::optional<Error>> errors(messages.size());
  for (std::size_t from = 0, count = 0; from < messages.size(); from += count) {
    std::size_t size = 0;
    for (count = 0; count < batch && from + count < messages.size() && (count == 0 || size < batch_bytes); ++count)
      size += messages[from + count].size();
    const std::uint32_t first = sequence_ + 1;
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      Message message = messages[from + i];
      // Failures are told in any case, so the last one's acknowledgement says that all were seen.
      message.add_flags(i + 1 < count ? NLM_F_REQUEST : NLM_F_REQUEST | NLM_F_ACK);
      bytes += message.bytes(++sequence_);
    }
    KTN_OK(send(bytes));
    KTN_OK(hear([&](const Heard& heard) {
      const std::uint32_t index = heard.sequence - first;
      if (heard.type != NLMSG_ERROR || index >= count) return true;  // left of a question before
      errors[from + index] = error_in(heard.type, heard.flags, heard.payload);
      return index + 1 < count;
    }));
  }
  return errors;
}

Result<std::string> Socket::ask(Message message) {
  message.add_flags(NLM_F_REQUEST);
  KTN_OK(send(message.bytes(++sequence_)));
  std::string answer;
  std::optional<Error> error;
  KTN_OK(hear([&](const Heard& heard) {
    if (heard.sequence != sequence_) return true;
    if (heard.type == NLMSG_ERROR)
      error = error_in(heard.type, heard.flags, heard.payload);
    else
      answer = heard.payload;
    return false;
  }));
  if (error) return *std::move(error);
  return answer;
}

Result<std::vector<std::string>> Socket::dump(Message message) {
  message.add_flags(NLM_F_REQUEST | NLM_F_DUMP);
  for (int i = 0; i < dump_tries; ++i) {
    KTN_OK(send(message.bytes(++sequence_)));
    std::vector<std::string> payloads;
    std::optional<Error> error;
    bool interrupted = false;
    KTN_OK(hear([&](const Heard& heard) {
      if (heard.sequence != sequence_) return true;
      interrupted = interrupted || (heard.flags & NLM_F_DUMP_INTR);
      if (heard.type == NLMSG_DONE || heard.type == NLMSG_ERROR) {
        error = error_in(heard.type, heard.flags, heard.payload);
        return false;
      }
      if (heard.type != NLMSG_NOOP) payloads.emplace_back(heard.payload);
      return true;
    }));
    if (error) return *std::move(error);
    if (!interrupted) return payloads;
  }
  return Error{Code::unavailable, "the kernel's list kept changing while it was read"};
}

}  // namespace kontena::netlink
