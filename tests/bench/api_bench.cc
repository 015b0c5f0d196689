// Requests per second over TLS, by so many connections that each ask again as soon
// as they are answered; and httplib's own server that says hello, to compare.
//
// usage: api_bench load HOST:PORT PATH CONNECTIONS SECONDS [TOKEN-FILE]
//        api_bench hello PORT-FILE           until it is ended
#include <httplib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "../load/channel.h"
#include "kontena/base/clock.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/pki/authority.h"

namespace kontena {
namespace {

using Micros = std::chrono::microseconds;

Micros now() { return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch()); }

class Asker {
 public:
  Asker(const load::Place& place, int epoll, const std::string& request, std::vector<Micros>& took)
      : channel_(place, epoll, nullptr), request_(request), took_(took) {}

  void ask() {
    begun_ = now();
    channel_.ask(request_, [this](std::optional<load::Answer> answer) {
      if (!answer || answer->status != 200) {
        std::fprintf(stderr, "api_bench: %s\n", answer ? answer->body.c_str() : "the connection broke off");
        std::exit(1);
      }
      took_.push_back(now() - begun_);
      again_ = true;
    });
  }
  // Not from within the answer: a server that is quick would have us recurse.
  void go_on() {
    if (std::exchange(again_, false)) ask();
  }
  load::Channel& channel() { return channel_; }

 private:
  load::Channel channel_;
  const std::string& request_;
  std::vector<Micros>& took_;
  Micros begun_{};
  bool again_ = false;
};

Status run_load(std::span<char*> arguments) {
  const auto parts = text::split(arguments[0], ':');
  const std::string path = arguments[1];
  const auto connections = static_cast<std::size_t>(std::atoi(arguments[2]));
  const Micros length = std::chrono::seconds(std::atoi(arguments[3]));
  std::string token;
  if (arguments.size() > 4) {
    KTN_TRY(token, files::read(arguments[4], 4096));
    token = std::string(text::trim(token));
  }
  KTN_TRY(const auto place, load::Place::find(parts.at(0), std::atoi(parts.at(1).c_str()), ""));
  const std::string request = load::request_text("GET", path, "", token);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Micros> took;
  took.reserve(1u << 20);
  std::vector<std::unique_ptr<Asker>> askers;
  for (std::size_t i = 0; i < connections; ++i) askers.push_back(std::make_unique<Asker>(*place, epoll, request, took));
  for (const auto& asker : askers) asker->ask();

  // What the handshakes cost is not counted: from when each has been answered.
  std::array<epoll_event, 64> events{};
  Micros start{0};
  while (start == Micros(0) || now() - start < length) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < count; ++i)
      static_cast<load::Channel*>(events[static_cast<std::size_t>(i)].data.ptr)->on_ready();
    for (const auto& asker : askers) asker->go_on();
    if (start == Micros(0) && std::ranges::all_of(askers, [](const auto& a) { return a->channel().open(); })) {
      start = now();
      took.clear();
    }
  }
  const double seconds = static_cast<double>((now() - start).count()) / 1e6;
  std::ranges::sort(took);
  const auto ms = [&](double part) {
    return static_cast<double>(took[static_cast<std::size_t>(static_cast<double>(took.size() - 1) * part)].count()) /
           1e3;
  };
  std::printf("connections=%zu requests=%zu per_second=%.0f p50_ms=%.2f p99_ms=%.2f\n", connections, took.size(),
              static_cast<double>(took.size()) / seconds, ms(0.5), ms(0.99));
  return Done{};
}

Status run_hello(const std::string& port_file) {
  const Time at = SystemClock().now();
  KTN_TRY(const pki::Authority authority, pki::Authority::create("hello", at, std::chrono::hours(24)));
  KTN_TRY(const pki::KeyPair pair, authority.issue_server({"127.0.0.1"}, at, std::chrono::hours(24)));
  KTN_TRY(const load::Papers papers, load::read_papers(pair.certificate_pem, pair.key_pem));
  httplib::SSLServer server(papers.certificate.get(), papers.key.get());
  // By itself it has 8 threads and holds one for each connection: more would wait.
  server.new_task_queue = [] { return new httplib::ThreadPool(128); };
  server.set_keep_alive_max_count(1u << 30);
  server.set_tcp_nodelay(true);
  server.Get("/hello", [](const httplib::Request&, httplib::Response& answer) {
    answer.set_content("{\"hello\":\"world\"}", "application/json");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::ofstream(port_file) << port << std::endl;
  server.listen_after_bind();
  return Done{};
}

}  // namespace
}  // namespace kontena

int main(int count, char** values) {
  std::signal(SIGPIPE, SIG_IGN);
  kontena::pki::init();
  const std::string mode = count > 1 ? values[1] : "";
  kontena::Status done = kontena::Error{kontena::Code::invalid_argument, "load or hello; see the source"};
  if (mode == "load" && count >= 6) done = kontena::run_load({values + 2, static_cast<std::size_t>(count - 2)});
  if (mode == "hello" && count == 3) done = kontena::run_hello(values[2]);
  if (done) return 0;
  std::fprintf(stderr, "api_bench: %s\n", done.error().message.c_str());
  return 1;
}
