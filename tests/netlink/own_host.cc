#include "own_host.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "kontena/base/ipv4.h"
#include "kontena/netlink/links.h"

extern char** environ;

namespace kontena::netlink::test {
namespace {

constexpr const char* mark = "KTN_NETLINK_TEST_INSIDE";

int status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The first process of the new namespaces: what it leaves behind ends with it.
[[noreturn]] void run_inside() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  ::mount("run", "/run", "tmpfs", 0, nullptr);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::setenv(mark, "1", 1);
  ::execl("/proc/self/exe", "test_netlink", "--test-suite=kernel", "--no-intro", nullptr);
  ::_exit(111);
}

}  // namespace

bool inside() { return std::getenv(mark) != nullptr; }

int command(const std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawnp(&child, pointers[0], nullptr, nullptr, pointers.data(), environ) != 0) return 127;
  return status_of(child);
}

void in_other_network(const std::function<void()>& body) {
  std::thread([&] {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    auto links = Links::open();
    REQUIRE(links);
    REQUIRE(links->set_up("lo"));
    body();
  }).join();
}

void in_network(int network, const std::function<void()>& body) {
  std::thread([&] {
    REQUIRE(::setns(network, CLONE_NEWNET) == 0);
    body();
  }).join();
}

std::string network_of_this_thread() {
  return "/proc/" + std::to_string(::getpid()) + "/task/" + std::to_string(::gettid()) + "/ns/net";
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

TEST_CASE("the kernel does as it is told" * doctest::skip(inside())) {
  if (::geteuid() != 0) {
    MESSAGE("skipped: not root");
    return;
  }
  const pid_t outer = ::fork();
  if (outer == 0) {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0) ::_exit(77);
    const pid_t first = ::fork();
    if (first == 0) run_inside();
    ::_exit(first < 0 ? 77 : status_of(first));
  }
  REQUIRE(outer > 0);
  const int status = status_of(outer);
  if (status == 77)
    MESSAGE("skipped: no namespaces of our own to be had");
  else
    CHECK(status == 0);
}

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = ::htons(port);
  made.sin_addr.s_addr = ::htonl(parse_ipv4(address)->value);
  return made;
}

}  // namespace kontena::netlink::test
