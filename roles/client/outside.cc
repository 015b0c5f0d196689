#include "outside.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <streambuf>
#include <thread>

#include "kontena/api/call.h"
#include "kontena/engine/open.h"
#include "terminal.h"

extern char** environ;

namespace kontena::client {
namespace {

constexpr std::size_t most_input = 8u << 20;

// A stream on a descriptor that remembers why it could not be written.
class Descriptor final : public std::streambuf {
 public:
  explicit Descriptor(int fd) : fd_(fd) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }
  int failure() const { return failure_; }

 private:
  int overflow(int c) override {
    if (sync() != 0) return traits_type::eof();
    if (c != traits_type::eof()) *pptr() = static_cast<char>(c), pbump(1);
    return 0;
  }
  int sync() override {
    for (const char* at = pbase(); at < pptr() && failure_ == 0;) {
      const auto put = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
      if (put >= 0)
        at += put;
      else if (errno == EAGAIN)
        std::this_thread::sleep_for(Duration(5));  // somebody made the terminal non-blocking
      else if (errno != EINTR)
        failure_ = errno;
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return failure_ == 0 ? 0 : -1;
  }

  const int fd_;
  int failure_ = 0;
  std::array<char, 16384> buffer_;
};

// A signal handler can reach nothing but this.
std::atomic<int> signal_seen = 0;

// What was ignored from the start, as in a shell's background job, stays ignored.
void catch_signal(int number, bool restart) {
  struct sigaction before {
  }, action{};
  if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  action.sa_handler = [](int seen) { signal_seen = seen; };
  action.sa_flags = restart ? SA_RESTART : 0;
  ::sigaction(number, &action, nullptr);
}

Result<std::string> read_all(int fd) {
  std::string text;
  std::array<char, 16384> buffer;
  while (true) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Code::unavailable, std::string("cannot read standard input: ") + std::strerror(errno)};
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > most_input)
      return Error{Code::exhausted, "standard input is larger than " + std::to_string(most_input) + " bytes"};
  }
}

Result<std::string> read_line() {
  std::string line;
  char c = 0;
  while (true) {
    const auto got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR && signal_seen == 0) continue;
    if (got <= 0 && line.empty()) return Error{Code::invalid_argument, "no answer was given"};
    if (got <= 0 || c == '\n') return line;
    line += c;
  }
}

Result<std::string> ask(std::ostream& err, const std::string& prompt) {
  err << prompt << std::flush;
  return read_line();
}

// The echo comes back however the question ends: Ctrl-C is caught meanwhile.
Result<std::string> ask_secret(std::ostream& err, const std::string& prompt) {
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0)
    return Error{Code::unavailable, "the terminal's echo cannot be turned off"};
  struct sigaction interrupt {
  }, terminate{};
  ::sigaction(SIGINT, nullptr, &interrupt);
  ::sigaction(SIGTERM, nullptr, &terminate);
  catch_signal(SIGINT, false);
  catch_signal(SIGTERM, false);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  silent.c_lflag |= ECHONL;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  auto line = ask(err, prompt);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  ::sigaction(SIGINT, &interrupt, nullptr);
  ::sigaction(SIGTERM, &terminate, nullptr);
  if (const int seen = signal_seen) ::raise(seen);
  return line;
}

Size terminal_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  if (size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

Environment read_environment() {
  Environment all;
  for (char** at = environ; *at; ++at) {
    const std::string_view entry(*at);
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos) all.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return all;
}

}  // namespace

int with_real_outside(const std::function<int(Outside&)>& use) {
  // A reader that has gone is seen where we write, also on sockets.
  ::signal(SIGPIPE, SIG_IGN);
  Descriptor out_buffer(STDOUT_FILENO), err_buffer(STDERR_FILENO);
  std::ostream out(&out_buffer), err(&err_buffer);
  const SystemClock clock;
  std::error_code no_folder;
  Outside outside{.out = out,
                  .err = err,
                  .clock = clock,
                  .environment = read_environment(),
                  .folder = std::filesystem::current_path(no_folder).string(),
                  .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
                  .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                  .err_is_terminal = ::isatty(STDERR_FILENO) == 1};
  outside.size = terminal_size;
  outside.read_input = [] { return read_all(STDIN_FILENO); };
  outside.ask = [&](const std::string& prompt) { return ask(err, prompt); };
  outside.ask_secret = [&](const std::string& prompt) { return ask_secret(err, prompt); };
  outside.catch_interrupts = [] { catch_signal(SIGINT, true), catch_signal(SIGTERM, true); };
  outside.interrupted = [] { return signal_seen.load(); };
  outside.leave = [&](int status) {
    out.flush(), err.flush();
    ::_exit(status);
  };
  outside.pause = [](Duration time) { std::this_thread::sleep_for(time); };
  outside.connect = http::connect;
  outside.fetch_authority = api::fetch_authority;
  outside.open_images = engine::open_images;
  outside.open_terminal = open_terminal;

  const int status = use(outside);
  out.flush();
  if (out_buffer.failure() == EPIPE) return 128 + SIGPIPE;
  if (out_buffer.failure() != 0) {
    err << "kontena: cannot write to standard output: " << std::strerror(out_buffer.failure()) << '\n';
    err.flush();
    return status == 0 ? 1 : status;
  }
  err.flush();
  return status;
}

}  // namespace kontena::client
