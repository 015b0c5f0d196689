#include "fault.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace kontena::netlink {
namespace {

Code code_of(int number) {
  switch (number) {
    case EEXIST:
      return Code::already_exists;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ESRCH:
    case EADDRNOTAVAIL:
      return Code::not_found;
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ENOSYS:
      return Code::unsupported;
    case EPERM:
    case EACCES:
      return Code::permission_denied;
    case EINVAL:
    case ERANGE:
      return Code::invalid_argument;
    case EADDRINUSE:
    case EBUSY:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOTCONN:
      return Code::failed_precondition;
    case ENOMEM:
    case ENFILE:
    case EMFILE:
    case ENOSPC:
      return Code::exhausted;
    case EAGAIN:
    case ETIMEDOUT:
      return Code::deadline_exceeded;
    case ENOBUFS:
    case EINTR:
    case EPIPE:
    case ECONNRESET:
    case ECONNREFUSED:
      return Code::unavailable;
    default:
      return Code::internal;
  }
}

std::string lowered(std::string_view text) {
  std::string result(text);
  // "Unknown device type." reads on as part of a sentence, "FIB table …" stays as it is.
  if (result.size() > 1 && result[0] >= 'A' && result[0] <= 'Z' && (result[1] < 'A' || result[1] > 'Z'))
    result[0] = static_cast<char>(result[0] - 'A' + 'a');
  while (!result.empty() && (result.back() == '.' || result.back() == '\n' || result.back() == '\0')) result.pop_back();
  return result;
}

}  // namespace

Error fault(int number, std::string_view said) {
  const char* known = ::strerrordesc_np(number);
  std::string message = known != nullptr ? lowered(known) : "error " + std::to_string(number);
  if (!said.empty()) message.append(": ").append(lowered(said));
  Error error{code_of(number), std::move(message)};
  if (error.code == Code::permission_denied) error.hint = "run the agent as root (it needs CAP_NET_ADMIN)";
  return error;
}

}  // namespace kontena::netlink
