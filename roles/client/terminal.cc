#include "terminal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace kontena::client {
namespace {

class RealTerminal final : public Terminal {
 public:
  RealTerminal() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) {
      // What was ignored from the start, as in a shell's background job, stays ignored.
      struct sigaction now {};
      if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&set, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    woken_ = ::eventfd(0, EFD_CLOEXEC);
  }
  ~RealTerminal() override {
    restore();
    ::close(signals_);
    ::close(woken_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  RealTerminal(const RealTerminal&) = delete;

  std::optional<std::string> read(Duration limit) override {
    if (!wait(STDIN_FILENO, limit)) return std::string();
    std::array<char, 65536> buffer;
    const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got > 0) return std::string(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::string();
    return std::nullopt;
  }
  int signal(Duration limit) override {
    signalfd_siginfo info{};
    if (!wait(signals_, limit) || ::read(signals_, &info, sizeof info) != sizeof info) return 0;
    return static_cast<int>(info.ssi_signo);
  }
  void wake() override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(woken_, &one, sizeof one);
  }
  void make_raw() override {
    if (raw_ || ::tcgetattr(STDIN_FILENO, &kept_) != 0) return;
    termios now = kept_;
    ::cfmakeraw(&now);
    raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &now) == 0;
  }
  void restore() override {
    if (raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &kept_);
    raw_ = false;
  }
  Size size() override {
    winsize now{};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &now) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0) return {};
    if (now.ws_col == 0 || now.ws_row == 0) return {};
    return {now.ws_col, now.ws_row};
  }

 private:
  bool wait(int fd, Duration limit) const {
    std::array<pollfd, 2> both{{{fd, POLLIN, 0}, {woken_, POLLIN, 0}}};
    if (::poll(both.data(), both.size(), static_cast<int>(limit.count())) <= 0) return false;
    return both[1].revents == 0 && both[0].revents != 0;
  }

  sigset_t before_{};
  int signals_ = -1, woken_ = -1;
  termios kept_{};
  bool raw_ = false;
};

}  // namespace

std::unique_ptr<Terminal> open_terminal() { return std::make_unique<RealTerminal>(); }

}  // namespace kontena::client
