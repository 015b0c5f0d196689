#include "kontena/dns/server.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "connections.h"
#include "desk.h"
#include "kontena/base/loop.h"
#include "kontena/base/panic.h"
#include "packets.h"

namespace kontena::dns {
namespace {

constexpr Duration longest_wait{60'000};
constexpr Duration stop_limit{10'000};  // for the thread to take over a change of addresses

}  // namespace

struct Server::Running {
  // What others hand to the thread.
  struct Inbox {
    Present present;
    std::vector<Endpoint> dropped;
    std::vector<Listening> added;
    std::optional<Endpoint> failed;  // of the added
    std::uint64_t asked = 0, done = 0;
    bool stop = false;
  };

  Running(const Options& options, const Clock& c, IdSource& ids)
      : clock(c),
        desk(poller, clock, ids, options, counts,
             [this](const Peer& peer, std::string& packet) {
               peer.tcp ? connections.send(peer, packet) : packets.send(peer, packet);
             }),
        packets(poller, desk, [this] { refresh(); }),
        connections(poller, desk, clock, options, [this] { refresh(); }),
        wake_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    poller.watch(wake_fd, EPOLLIN, [this](std::uint32_t) { woken = true; });
  }

  void wake() { ::eventfd_write(wake_fd.get(), 1); }
  void refresh() {
    desk.use(inbox.with([](Inbox& in) { return in.present; }));
  }
  bool take();
  void run();
  std::optional<Endpoint> change(std::vector<Endpoint> dropped, std::vector<Listening> added);
  void tell_own();

  const Clock& clock;
  Counts counts{};
  Synced<Inbox> inbox;
  Poller poller;
  Desk desk;
  Packets packets;
  Connections connections;
  Fd wake_fd;
  bool woken = false;
  std::map<Endpoint, Endpoint> listening;  // as asked for: as it is. Of the owner's thread
  bool started = false;
  Loop loop{"dns", Duration(0), [this] { run(); }};
};

// False when it is to end.
bool Server::Running::take() {
  eventfd_t count = 0;
  ::eventfd_read(wake_fd.get(), &count);
  struct Taken {
    std::vector<Endpoint> dropped;
    std::vector<Listening> added;
    std::uint64_t asked;
    bool stop;
  };
  Taken taken = inbox.with([](Inbox& in) {
    return Taken{std::exchange(in.dropped, {}), std::exchange(in.added, {}), in.asked, in.stop};
  });
  std::optional<Endpoint> failed;
  for (const Endpoint& at : taken.dropped) {
    packets.drop(at);
    connections.drop(at);
  }
  for (Listening& pair : taken.added) {
    if (packets.add(pair.at, std::move(pair.udp)) && connections.add(pair.at, std::move(pair.tcp))) continue;
    packets.drop(pair.at);
    failed = pair.at;
  }
  inbox.change([&](Inbox& in) {
    in.done = taken.asked;
    if (failed) in.failed = failed;
  });
  return !taken.stop;
}

void Server::Running::run() {
  ::pthread_setname_np(::pthread_self(), "dns");
  woken = true;
  for (;;) {
    if (std::exchange(woken, false) && !take()) break;
    const Duration due = std::min(desk.due(), connections.due());
    poller.run_once(std::min(longest_wait, due == Duration::max() ? due : due - clock.steady()));
    Progress::noted();
    desk.tick();
    connections.tick();
  }
}

// Where one could not be added, which one.
std::optional<Endpoint> Server::Running::change(std::vector<Endpoint> dropped, std::vector<Listening> added) {
  const auto ticket = inbox.with([&](Inbox& in) {
    std::ranges::move(dropped, std::back_inserter(in.dropped));
    std::ranges::move(added, std::back_inserter(in.added));
    in.failed.reset();
    return ++in.asked;
  });
  wake();
  return inbox.wait_then(
      stop_limit, [ticket](const Inbox& in) { return in.done >= ticket; }, [](const Inbox& in) { return in.failed; });
}

void Server::Running::tell_own() {
  std::vector<Endpoint> own;
  for (const auto& [asked, at] : listening) own.push_back(at);
  std::ranges::sort(own);
  auto shared = std::make_shared<const std::vector<Endpoint>>(std::move(own));
  inbox.with([&](Inbox& in) { in.present.own = std::move(shared); });
}

Server::Server(Options options, const Clock& clock, IdSource& ids)
    : running_(std::make_unique<Running>(options, clock, ids)) {}

Server::~Server() { stop(); }

Status Server::start() {
  Running& r = *running_;
  if (!r.poller.ok() || !r.wake_fd) return Error{Code::exhausted, "cannot answer names: no descriptors left"};
  if (std::exchange(r.started, true)) return Done{};
  r.inbox.with([](Running::Inbox& in) { in.stop = false; });
  r.loop.start();
  return Done{};
}

void Server::stop() {
  Running& r = *running_;
  if (!std::exchange(r.started, false)) return;
  std::vector<Endpoint> all;
  for (const auto& [asked, at] : r.listening) all.push_back(at);
  r.listening.clear();
  r.change(std::move(all), {});
  r.inbox.with([](Running::Inbox& in) { in.stop = true; });
  r.wake();
  r.loop.stop();
}

Status Server::listen(std::span<const Endpoint> wanted) {
  Running& r = *running_;
  if (!r.started) return Error{Code::failed_precondition, "the name server is not started"};
  std::vector<Endpoint> dropped;
  std::erase_if(r.listening, [&](const auto& entry) {
    const bool gone = std::ranges::find(wanted, entry.first) == wanted.end();
    if (gone) dropped.push_back(entry.second);
    return gone;
  });
  if (!dropped.empty()) r.change(std::move(dropped), {});  // closed before others are opened: they may be in the way
  Status status = Done{};
  std::vector<Listening> added;
  for (const Endpoint& endpoint : wanted) {
    if (r.listening.contains(endpoint)) continue;
    auto pair = open_listening(endpoint);
    if (!pair) {
      if (status) status = std::move(pair).error();
      continue;
    }
    r.listening.emplace(endpoint, pair->at);
    added.push_back(*std::move(pair));
  }
  r.tell_own();
  if (added.empty()) return status;
  if (const auto failed = r.change({}, std::move(added))) {
    std::erase_if(r.listening, [&](const auto& entry) { return entry.second == *failed; });
    if (status)
      status = Error{Code::exhausted, "cannot answer names at " + to_text(failed->address) + ": no room to wait"};
  }
  return status;
}

std::vector<Endpoint> Server::listening() const {
  std::vector<Endpoint> all;
  for (const auto& [asked, at] : running_->listening) all.push_back(at);
  std::ranges::sort(all);
  return all;
}

void Server::set_zone(std::shared_ptr<const Zone> zone) {
  KTN_ASSERT(zone, "there is a zone");
  running_->inbox.with([&](Running::Inbox& in) { std::swap(in.present.zone, zone); });
}

void Server::set_upstreams(std::vector<Endpoint> servers) {
  auto shared = std::make_shared<const std::vector<Endpoint>>(std::move(servers));
  running_->inbox.with([&](Running::Inbox& in) { in.present.upstreams = std::move(shared); });
}

Counters Server::counters() const {
  const Counts& c = running_->counts;
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  return {read(c.queries), read(c.answered), read(c.cached),   read(c.forwarded),
          read(c.failed),  read(c.refused),  read(c.malformed)};
}

bool Server::is_stuck() const { return running_->loop.is_stuck(); }

}  // namespace kontena::dns
