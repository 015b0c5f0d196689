#include "kontena/base/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kontena/base/text.h"

namespace kontena {

void notify_service(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name in the abstract namespace
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // A service manager that does not listen must not stop the work.
  [[maybe_unused]] const auto sent =
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  ::close(fd);
}

std::optional<Duration> watchdog_period(const settings::Environment& environment) {
  const auto microseconds = text::integer(environment("WATCHDOG_USEC").value_or(""));
  if (!microseconds || *microseconds <= 0) return std::nullopt;
  const auto meant = environment("WATCHDOG_PID");
  if (meant && *meant != std::to_string(::getpid())) return std::nullopt;
  return Duration(std::max<std::int64_t>(1, *microseconds / 2'000));
}

}  // namespace kontena
