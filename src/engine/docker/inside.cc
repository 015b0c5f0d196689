#include "inside.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "exec_body.h"
#include "kontena/base/text.h"

namespace kontena::engine::docker {
namespace {

using http::Method;

constexpr std::size_t longest_head = 64u << 10;
constexpr Duration longest_silence{600'000};

// Closed unless it is given away.
struct Socket {
  int fd = -1;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

Error broke(const std::string& what) { return {Code::unavailable, what + ": " + std::strerror(errno)}; }

Status send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return broke("asking the engine");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return Done{};
}

// More of what the engine says; "" at its end.
Result<std::string> receive(int fd) {
  pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
  while (true) {
    const int ready = ::poll(&wait, 1, static_cast<int>(quick.count()));
    if (ready == 0) return Error{Code::unavailable, "the engine does not answer"};
    std::array<char, 16384> buffer;
    const auto got = ready < 0 ? -1 : ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return broke("reading the engine's answer");
    return std::string(buffer.data(), static_cast<std::size_t>(got));
  }
}

// Go's os.FileMode in what Docker tells of a path.
constexpr std::uint32_t go_folder = 1u << 31, go_link = 1u << 27;

std::string decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (c >= '0' && c <= '9') value = c - '0' + 52;
    if (c == '+' || c == '-') value = 62;
    if (c == '/' || c == '_') value = 63;
    if (value < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return bytes;
}

http::Query size(int rows, int columns) { return {{"h", std::to_string(rows)}, {"w", std::to_string(columns)}}; }

}  // namespace

Result<std::unique_ptr<Conduit>> DockerInside::hijack(const std::string& path, const std::string& body, bool framed) {
  KTN_TRY(const Dialect dialect, wire_.dialect());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return Error{Code::invalid_argument, "the path of Docker's socket is too long"};
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  Socket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (socket.fd < 0 || ::connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return broke("no Docker engine answers on " + socket_);
  KTN_OK(send_all(socket.fd, "POST /v" + std::string(name(dialect)) + path +
                                 " HTTP/1.1\r\nHost: docker\r\nUser-Agent: kontena\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                                 "Content-Type: application/json\r\nContent-Length: " +
                                 std::to_string(body.size()) + "\r\n\r\n" + body));
  std::string came;
  std::size_t end = std::string::npos;
  while ((end = came.find("\r\n\r\n")) == std::string::npos) {
    KTN_TRY(const std::string more, receive(socket.fd));
    if (more.empty() || came.size() > longest_head) return Error{Code::unavailable, "the engine broke off its answer"};
    came += more;
  }
  const auto blank = came.find(' ');
  const auto status = blank < end ? text::integer(came.substr(blank + 1, 3)) : std::nullopt;
  std::string rest = came.substr(end + 4);
  if (status == 101 || status == 200) return conduit_on(std::exchange(socket.fd, -1), framed, std::move(rest));
  // Its words come to their end once we say that nothing more comes.
  ::shutdown(socket.fd, SHUT_WR);
  while (rest.size() < longest_head && rest.find('}') == std::string::npos) {
    auto more = receive(socket.fd);
    if (!more || more->empty()) break;
    rest += *more;
  }
  const auto from = rest.find('{'), to = rest.rfind('}');
  if (from != std::string::npos && to != std::string::npos && from < to) rest = rest.substr(from, to - from + 1);
  return refusal({.status = static_cast<int>(status.value_or(500)), .body = rest});
}

Result<Inside::Begun> DockerInside::exec(const std::string& container, const ExecSpec& spec, bool input) {
  KTN_TRY(const auto made, wire_.read({.method = Method::post,
                                       .path = "/containers/" + segment(container) + "/exec",
                                       .body = exec_body(spec, input).dump()}));
  Begun begun{.id = codec::string_at(made.root(), {"Id"}), .stream = {}};
  codec::Document start;
  codec::put(codec::member(start.root(), "Detach"), false);
  codec::put(codec::member(start.root(), "Tty"), spec.terminal);
  KTN_TRY(begun.stream, hijack("/exec/" + segment(begun.id) + "/start", start.dump(), !spec.terminal));
  return begun;
}

Result<Inside::ExecState> DockerInside::exec_state(const std::string& exec) {
  KTN_TRY(const auto told, wire_.read({.path = "/exec/" + segment(exec) + "/json"}));
  const auto at = told.root();
  const auto code = codec::find(at, "ExitCode");
  ExecState state{.running = codec::bool_at(at, {"Running"}) || !code || codec::is_null(*code), .pid = codec::integer_at(at, {"Pid"})};
  if (!state.running) state.exit_code = codec::integer_at(at, {"ExitCode"});
  return state;
}

Status DockerInside::resize_exec(const std::string& exec, int rows, int columns) {
  KTN_TRY(const auto answer, wire_.send({.method = Method::post, .path = "/exec/" + segment(exec) + "/resize", .query = size(rows, columns)}));
  if (answer.status >= 300) return refusal(answer);
  return Done{};
}

Result<std::unique_ptr<Conduit>> DockerInside::attach(const std::string& container, bool input) {
  KTN_TRY(const auto told, wire_.read({.path = "/containers/" + segment(container) + "/json"}));
  if (!codec::bool_at(told.root(), {"State", "Running"})) return Error{Code::conflict, "the container does not run"};
  const bool terminal = codec::bool_at(told.root(), {"Config", "Tty"});
  if (input && !codec::bool_at(told.root(), {"Config", "OpenStdin"}))
    return Error{Code::failed_precondition, "its standard input is closed: the service has no `stdin_open: true`", "attach without -i, or exec a shell"};
  return hijack("/containers/" + segment(container) + "/attach?stream=1&stdout=1&stderr=1" + (input ? "&stdin=1" : ""), "", !terminal);
}

Status DockerInside::resize(const std::string& container, int rows, int columns) {
  KTN_TRY(const auto answer, wire_.send({.method = Method::post, .path = "/containers/" + segment(container) + "/resize", .query = size(rows, columns)}));
  if (answer.status >= 300) return refusal(answer);
  return Done{};
}

Result<Inside::PathStat> DockerInside::stat(const std::string& container, const std::string& path) {
  KTN_TRY(const auto answer, wire_.send({.method = Method::head, .path = "/containers/" + segment(container) + "/archive", .query = {{"path", path}}}));
  if (answer.status == 404) return Error{Code::not_found, "there is no '" + path + "' in the container"};
  if (answer.status >= 300) return Error{refusal(answer).code, "the engine does not tell what '" + path + "' is (status " + std::to_string(answer.status) + ")"};
  const auto header = answer.headers.find("x-docker-container-path-stat");
  if (header == answer.headers.end()) return Error{Code::unavailable, "the engine does not tell what '" + path + "' is"};
  KTN_TRY(const auto told, codec::Document::parse(decode_base64(header->second)));
  const auto mode = static_cast<std::uint32_t>(codec::integer_at(told.root(), {"mode"}));
  PathStat is{.folder = (mode & go_folder) != 0};
  if ((mode & go_link) != 0) is.link = codec::string_at(told.root(), {"linkTarget"});
  return is;
}

Status DockerInside::get(const std::string& container, const std::string& path, const std::function<bool(std::string_view)>& sink) {
  KTN_TRY(const auto answer, wire_.stream({.path = "/containers/" + segment(container) + "/archive", .query = {{"path", path}}, .timeout = longest_silence}, sink));
  if (answer.status == 404) return Error{Code::not_found, "there is no '" + path + "' in the container"};
  if (answer.status >= 300) return refusal(answer);
  return Done{};
}

Status DockerInside::put(const std::string& container, const std::string& folder, const http::Client::Pieces& next) {
  KTN_TRY(const auto answer, wire_.exchange({.method = Method::put,
                                             .path = "/containers/" + segment(container) + "/archive",
                                             .query = {{"path", folder}, {"noOverwriteDirNonDir", "1"}},
                                             .timeout = longest_silence},
                                            {}, next, [](std::string_view) { return true; }));
  if (answer.status >= 300) return refusal(answer);
  return Done{};
}

}  // namespace kontena::engine::docker
