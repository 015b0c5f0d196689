#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Tests that change the kernel run in a second process of this program, which has
// namespaces of its own (network, mounts, processes) and so leaves nothing behind.
namespace kontena::netlink::test {

// Whether this is that second process: TEST_CASE("…" * doctest::skip(!inside())).
bool inside();

// Runs a program of the test's with inherited streams; its exit status.
int command(const std::vector<std::string>& argv);

// Runs `body` on a thread in a fresh network namespace, whose lo is up.
void in_other_network(const std::function<void()>& body);

// Runs `body` on a thread in that network, a descriptor of which was opened.
void in_network(int network, const std::function<void()>& body);

// The path of the file that stands for the network of the calling thread.
std::string network_of_this_thread();

// For bind() and connect(). REQUIRES: an IPv4 address.
sockaddr_in socket_address(const std::string& address, std::uint16_t port);

// Tries until it holds, or some seconds are over.
bool eventually(const std::function<bool()>& holds);

}  // namespace kontena::netlink::test
