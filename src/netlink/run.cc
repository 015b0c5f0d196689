#include "run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "descriptor.h"
#include "fault.h"
#include "kontena/base/text.h"

namespace kontena::netlink {
namespace {

using Steady = std::chrono::steady_clock;

// A file in memory and no pipe: nft opens /dev/stdin, and nobody has to be there to write.
Result<Descriptor> file_of(std::string_view content) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) return fault(errno).in("making a file in memory");
  while (!content.empty()) {
    const auto written = ::write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fault(errno).in("writing a file in memory");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.number(), 0, SEEK_SET) != 0) return fault(errno).in("making a file in memory");
  return file;
}

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fault(errno).in("opening a pipe");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[1], F_SETFL, 0);  // the program expects a stream that waits
  return pipe;
}

Result<pid_t> spawn(const std::vector<std::string>& argv, int in, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  // Its own, so that messages are in English and no variable of ours changes what it does.
  std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", locale = "LC_ALL=C";
  std::array<char*, 3> environment{path.data(), locale.data(), nullptr};

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  pid_t child = 0;
  const int number = ::posix_spawn(&child, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (number != 0) return fault(number).in("starting '" + argv[0] + "'");
  return child;
}

// Reads what is there. False at its end.
bool drain(int from, std::string& into, std::size_t limit) {
  std::array<char, 16384> piece;
  for (;;) {
    const auto got = ::read(from, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    into.append(piece.data(), static_cast<std::size_t>(got));
    if (into.size() > limit) return true;
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string_view Output::complaint() const {
  std::string_view rest = text::trim(err.empty() ? out : err);
  const auto line = rest.rfind('\n');
  return text::trim(line == std::string_view::npos ? rest : rest.substr(line));
}

Result<Output> run(const std::vector<std::string>& argv, std::string_view input, const Limit& limit) {
  const auto until = Steady::now() + limit.time;
  KTN_TRY(const auto in, file_of(input));
  KTN_TRY(auto out, open_pipe());
  KTN_TRY(auto err, open_pipe());
  KTN_TRY(const pid_t child, spawn(argv, in.number(), out.write.number(), err.write.number()));
  out.write.close();
  err.write.close();
  const auto broken_off = [&](Code code, const std::string& why) {
    ::kill(-child, SIGKILL);  // not waited for yet, so the number is still its own
    wait_for(child);
    return Error{code, "'" + argv[0] + "' " + why};
  };
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!process) {
    const int number = errno;
    return broken_off(Code::unsupported, "cannot be watched: " + fault(number).message);
  }

  Output output;
  std::array<pollfd, 3> waiting{
      {{process.number(), POLLIN, 0}, {out.read.number(), POLLIN, 0}, {err.read.number(), POLLIN, 0}}};
  while (waiting[0].revents == 0) {
    const auto left = std::chrono::ceil<Duration>(until - Steady::now()).count();
    if (left <= 0) return broken_off(Code::deadline_exceeded, "did not end within " + text::human_duration(limit.time));
    ::poll(waiting.data(), waiting.size(), static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
    // Once more after it has ended: what it started may hold the pipes open for ever.
    if (!drain(out.read.number(), output.out, limit.bytes)) waiting[1].fd = -1;
    if (!drain(err.read.number(), output.err, limit.bytes)) waiting[2].fd = -1;
    if (output.out.size() > limit.bytes || output.err.size() > limit.bytes)
      return broken_off(Code::exhausted,
                        "prints more than " + text::human_bytes(static_cast<std::int64_t>(limit.bytes)));
  }
  output.status = wait_for(child);
  return output;
}

std::string find_program(std::string_view name) {
  for (const char* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    std::string path = folder + std::string(name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

}  // namespace kontena::netlink
