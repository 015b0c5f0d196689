// Cluster answers over real UDP on the loopback: how many a second of CPU of the
// server's thread, and how long one takes at a moderate rate, beside a plain echo.
//
// usage: dns_bench [SECONDS [IN-FLIGHT [RATE]]]        5, 64 and 2000 unless told
#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "../../src/dns/socket.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/dns/server.h"

namespace kontena::dns {
namespace {

using Clock = std::chrono::steady_clock;
using Nanos = std::chrono::nanoseconds;

constexpr Ipv4 loopback{0x7f000001};
constexpr int stacks = 200, services = 10, instances = 3;  // 6,000 members on 200 networks

// CPU time of the server's thread, by its name, as the kernel's scheduler counts it.
Nanos server_cpu() {
  Nanos total{0};
  DIR* tasks = ::opendir("/proc/self/task");
  while (const dirent* task = tasks ? ::readdir(tasks) : nullptr) {
    const std::string folder = std::string("/proc/self/task/") + task->d_name;
    const auto name = files::read(folder + "/comm");
    if (!name || text::trim(*name) != "dns") continue;
    if (const auto stat = files::read(folder + "/schedstat"))
      total += Nanos(text::integer(text::split(*stat, ' ')[0]).value_or(0));
  }
  if (tasks) ::closedir(tasks);
  return total;
}

std::string stack_name(int stack) { return "shop" + std::to_string(stack) + ".default.g1.kontena.local"; }

std::shared_ptr<const Network> network(int stack) {
  std::vector<Member> members;
  for (int service = 0; service < services; ++service) {
    for (int i = 0; i < instances; ++i) {
      const std::string name = "web" + std::to_string(service);
      const auto address = static_cast<std::uint32_t>(0x0a501000 + stack * 1024 + service * instances + i);
      members.push_back({{address},
                         name + '-' + std::to_string(i + 1) + '.' + stack_name(stack),
                         {name, name + ".shop" + std::to_string(stack), name + '.' + stack_name(stack)}});
    }
  }
  return std::make_shared<const Network>(members);
}

Zone zone() {
  Zone zone{.domain = "g1.kontena.local", .subnets = {*parse_subnet("10.80.0.0/12")}};
  for (int stack = 0; stack < stacks; ++stack) zone.networks[static_cast<NetworkId>(stack)] = network(stack);
  for (int asker = 0; asker < stacks; ++asker) {
    zone.askers[{0x0a501500 + static_cast<std::uint32_t>(asker)}] =
        std::make_shared<const Asker>(Asker{.networks = {static_cast<NetworkId>(asker)}});
  }
  zone.askers[loopback] = std::make_shared<const Asker>(Asker{.networks = {7, 8}});
  return zone;
}

std::string question(unsigned id, int service) {
  std::string packet{static_cast<char>(id >> 8), static_cast<char>(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  packet += *wire_name("web" + std::to_string(service) + '.' + stack_name(7));
  packet += std::string("\0\1\0\1\0\0\x29\x04\xd0\0\0\0\0\0\0", 15);
  return packet;
}

// Asks again as soon as it is answered, with so many questions in flight.
class Load {
 public:
  explicit Load(const Endpoint& server) : socket_(open_udp_to(server)) {
    for (int service = 0; service < services; ++service) questions_.push_back(question(1, service));
  }

  std::uint64_t run(std::chrono::seconds limit, int in_flight) {
    std::uint64_t answers = 0;
    ask(in_flight);
    for (const auto end = Clock::now() + limit; Clock::now() < end;) {
      pollfd ready{socket_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 100) == 0) {  // lost ones: as many anew
        ask(in_flight);
        continue;
      }
      const int got = receive();
      answers += static_cast<std::uint64_t>(got);
      ask(got);
    }
    return answers;
  }

 private:
  static constexpr int batch = 64;
  void ask(int count) {
    for (int done = 0; done < count;) {
      std::array<mmsghdr, batch> messages{};
      std::array<iovec, batch> parts{};
      const int some = std::min(count - done, batch);
      for (int i = 0; i < some; ++i) {
        std::string& packet = questions_[next_++ % questions_.size()];
        parts[static_cast<std::size_t>(i)] = {packet.data(), packet.size()};
        messages[static_cast<std::size_t>(i)].msg_hdr.msg_iov = &parts[static_cast<std::size_t>(i)];
        messages[static_cast<std::size_t>(i)].msg_hdr.msg_iovlen = 1;
      }
      done += std::max(1, ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(some), 0));
    }
  }
  int receive() {
    std::array<mmsghdr, batch> messages{};
    std::array<iovec, batch> parts{};
    static std::array<std::array<char, 2048>, batch> packets;
    for (std::size_t i = 0; i < batch; ++i) {
      parts[i] = {packets[i].data(), packets[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = std::max(0, ::recvmmsg(socket_.get(), messages.data(), batch, MSG_DONTWAIT, nullptr));
    for (int i = 0; i < got; ++i)
      check({packets[static_cast<std::size_t>(i)].data(), messages[static_cast<std::size_t>(i)].msg_len});
    return got;
  }
  static void check(std::string_view packet) {
    if (packet.size() > 12 && packet[7] == instances) return;
    std::fprintf(stderr, "dns_bench: a wrong answer\n");
    std::exit(1);
  }

  const Fd socket_;
  std::vector<std::string> questions_;
  std::size_t next_ = 0;
};

// Sends back what it gets: what the machine itself takes for a packet there and back.
class Echo {
 public:
  Echo() : pair_(*open_listening({loopback, 0})), thread_([this](std::stop_token stop) { run(stop); }) {}
  Endpoint at() const { return pair_.at; }

 private:
  void run(std::stop_token stop) {
    std::array<char, 2048> packet;
    while (!stop.stop_requested()) {
      pollfd ready{pair_.udp.get(), POLLIN, 0};
      if (::poll(&ready, 1, 100) != 1) continue;
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(ready.fd, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got > 0)
        ::sendto(ready.fd, packet.data(), static_cast<std::size_t>(got), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  Listening pair_;
  std::jthread thread_;
};

Nanos ask_once(const Fd& socket, const std::string& packet) {
  const auto begun = Clock::now();
  ::send(socket.get(), packet.data(), packet.size(), 0);
  pollfd ready{socket.get(), POLLIN, 0};
  std::array<char, 2048> answer;
  if (::poll(&ready, 1, 1000) == 1) static_cast<void>(::recv(socket.get(), answer.data(), answer.size(), 0));
  return Clock::now() - begun;
}

struct Took {
  std::vector<Nanos> server, echo;  // in the order of size
};

// One question at a time, at a rate, and an echo in the midst between two.
Took ask_at_rate(const Endpoint& server, std::chrono::seconds limit, int rate) {
  const Echo echo;
  const Fd to_server = open_udp_to(server);
  const Fd to_echo = open_udp_to(echo.at());
  const Nanos step{500'000'000 / rate};
  Took took;
  auto at = Clock::now();
  for (const auto end = at + limit; at < end; at += step) {
    timespec until{.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count(),
                   .tv_nsec = (at.time_since_epoch() % std::chrono::seconds(1)).count()};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const bool turn = took.server.size() == took.echo.size();
    const std::string packet =
        question(static_cast<unsigned>(took.echo.size()) & 0xffff, static_cast<int>(took.echo.size() % services));
    (turn ? took.server : took.echo).push_back(ask_once(turn ? to_server : to_echo, packet));
  }
  std::ranges::sort(took.server);
  std::ranges::sort(took.echo);
  return took;
}

double seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }
double micros(Nanos time) { return seconds(time) * 1e6; }

void time_a_change(Server& server, const Zone& base) {
  constexpr int changes = 200;
  const auto begun = Clock::now();
  for (int i = 0; i < changes; ++i) {
    Zone changed = base;
    changed.networks[7] = network(7);
    server.set_zone(std::make_shared<const Zone>(std::move(changed)));
  }
  std::printf("a change of one network of %d with %d members each: %.0f us\n", stacks, services * instances,
              micros((Clock::now() - begun) / changes));
}

int run(std::chrono::seconds limit, int in_flight, int rate) {
  SystemClock clock;
  SystemIds ids;
  Server server({}, clock, ids);
  const Endpoint wanted[] = {{loopback, 0}};
  if (!server.start() || !server.listen(wanted)) return 1;
  const Zone base = zone();
  server.set_zone(std::make_shared<const Zone>(base));
  const Endpoint at = server.listening()[0];

  const Nanos cpu_before = server_cpu();
  const auto begun = Clock::now();
  const auto answers = static_cast<double>(Load(at).run(limit, in_flight));
  const double wall = seconds(Clock::now() - begun);
  const double cpu = seconds(server_cpu() - cpu_before);
  std::printf(
      "%d in flight: %.0f answers in %.2f s (%.0f/s), %.2f CPU-s of the server's thread: %.0f answers a CPU-second, "
      "%.1f us each\n",
      in_flight, answers, wall, answers / wall, cpu, answers / cpu, cpu / answers * 1e6);

  const Nanos cpu_rate = server_cpu();
  const auto took = ask_at_rate(at, limit, rate);
  const Nanos cpu_spent = server_cpu() - cpu_rate;
  const auto print = [&](const char* what, const std::vector<Nanos>& times) {
    const auto at_share = [&](double share) {
      return micros(times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]);
    };
    std::printf("%d/s, %s: p50 %.0f us, p99 %.0f us, p99.9 %.0f us, longest %.0f us\n", rate, what, at_share(0.5),
                at_share(0.99), at_share(0.999), at_share(1));
  };
  print("answers", took.server);
  print("echoes", took.echo);
  std::printf("%.1f us of CPU an answer at that rate\n", micros(cpu_spent) / static_cast<double>(took.server.size()));
  time_a_change(server, base);
  return 0;
}

}  // namespace
}  // namespace kontena::dns

int main(int argc, char** argv) {
  const auto number = [&](int at, std::int64_t otherwise) {
    return argc > at ? kontena::text::integer(argv[at]).value_or(otherwise) : otherwise;
  };
  return kontena::dns::run(std::chrono::seconds(number(1, 5)), static_cast<int>(number(2, 64)),
                           static_cast<int>(number(3, 2000)));
}
