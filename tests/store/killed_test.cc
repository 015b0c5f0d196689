// A writer that is killed: what it had been told is written must be there.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "backends.h"

namespace kontena::store {
namespace {

constexpr const char* folder_variable = "KONTENA_TEST_KILLED_FOLDER";
constexpr const char* pipe_variable = "KONTENA_TEST_KILLED_PIPE";
constexpr int threads = 3;

struct Acknowledged {
  int thread;
  int number;
  Revision revision;
};

// A process of its own, as RocksDB's threads do not survive a fork.
pid_t start_writer(const std::string& folder, int pipe_end) {
  ::setenv(folder_variable, folder.c_str(), 1);
  ::setenv(pipe_variable, std::to_string(pipe_end).c_str(), 1);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(nowhere, STDOUT_FILENO);
    ::execl("/proc/self/exe", "test_store", "--no-skip", "--test-case=the writer that gets killed",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(nowhere);
  ::unsetenv(folder_variable);
  return child;
}

}  // namespace

// Not a test, but the other process of the one below.
TEST_CASE("the writer that gets killed" * doctest::skip()) {
  const char* folder = std::getenv(folder_variable);
  if (!folder) return;
  const int out = std::atoi(std::getenv(pipe_variable));
  const auto store = open_rocksdb(folder);
  if (!store) return;
  std::vector<std::jthread> writing;
  for (int thread = 0; thread < threads; ++thread)
    writing.emplace_back([&, thread] {
      const auto key = "last/" + std::to_string(thread);
      const auto last = (*store)->get(key);
      if (!last) return;
      for (int number = *last ? std::stoi((*last)->value) + 1 : 1;; ++number) {
        const auto text = std::to_string(number);
        const auto done = (*store)->commit(
            {{}, {{key, text}, {"all/" + std::to_string(thread) + "/" + text, std::string(200, 'x')}}, {}});
        if (!done) return;
        const Acknowledged told{thread, number, *done};
        if (::write(out, &told, sizeof told) != sizeof told) return;
      }
    });
}

TEST_CASE("what a writer had acknowledged is there after it was killed at any moment") {
  const TempFolder folder;
  Revision last = 0;
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    const pid_t writer = start_writer(folder / "db", ends[1]);
    ::close(ends[1]);
    // Killed after so many acknowledgements; all that it could still send counts.
    std::map<int, Acknowledged> newest;
    const int enough = 1 + round * round / 2;
    int told = 0;
    Acknowledged one{};
    while (::read(ends[0], &one, sizeof one) == sizeof one) {
      newest[one.thread] = one;
      last = std::max(last, one.revision);
      if (++told == enough) ::kill(writer, SIGKILL);
    }
    ::close(ends[0]);
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    REQUIRE(told >= enough);

    const auto store = open_rocksdb(folder / "db");
    if (!store) FAIL(store.error().message);
    const auto all = (*store)->list("");
    REQUIRE(all);
    CHECK(all->revision >= last);
    last = all->revision;
    for (const auto& [thread, acknowledged] : newest) {
      CAPTURE(thread);
      const auto found = (*store)->get("last/" + std::to_string(thread));
      REQUIRE(found);
      REQUIRE(found->has_value());
      const int number = std::stoi((*found)->value);
      CHECK(number >= acknowledged.number);
      // Each commit is there as a whole, and so is every one before it.
      CHECK((*store)->list("all/" + std::to_string(thread) + "/")->entries.size() == static_cast<std::size_t>(number));
    }
  }
}

}  // namespace kontena::store
