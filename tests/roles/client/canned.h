#pragma once

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/synced.h"
#include "support/temp_folder.h"

// A client in a world of its own: a server that answers from a list, and a folder
// that is removed at the end.
namespace kontena::client::canned {

inline const std::string fingerprint(64, 'a');
inline const std::string token = "ktn1." + fingerprint + ".0123456789ab." + std::string(42, 'S') + 'Q';

struct Answer {
  int status = 200;
  std::string body;
  std::optional<Error> broken = {};  // no answer came, or the stream broke off
  Duration takes{0};
};

// The answers of each "METHOD /path?query", in turn; the last one stays.
struct State {
  std::map<std::string, std::deque<Answer>> answers;
  std::vector<std::string> asked;  // with the body after a blank, where there is one
  std::string bearer;
};

class Client final : public http::Client {
 public:
  Client(std::shared_ptr<Synced<State>> state, ManualClock& clock) : state_(std::move(state)), clock_(clock) {}

  Result<http::Response> send(const http::Request& request, Duration) override {
    Answer answer = take(request);
    clock_.advance(answer.takes);
    if (answer.broken) return *answer.broken;
    return http::Response{.status = answer.status, .body = answer.body};
  }

  Result<http::Response> stream(const http::Request& request, Duration, const Bytes& on_bytes) override {
    const Answer answer = take(request);
    if (answer.status >= 300) return http::Response{.status = answer.status, .body = answer.body};
    // In small pieces, so that lines are cut anywhere.
    for (std::size_t at = 0; at < answer.body.size(); at += 7)
      if (!on_bytes(std::string_view(answer.body).substr(at, 7))) return http::Response{};
    if (answer.broken) return *answer.broken;
    return http::Response{};
  }

  Result<http::Response> upload(const http::Request&, Duration, const Source&) override {
    return Error{Code::unsupported, "the client uploads nothing"};
  }
  Result<http::Response> exchange(const http::Request& request, Duration, const Pieces& next, const Bytes&) override {
    http::Request whole = request;
    for (auto piece = next(); !piece || !piece->empty(); piece = next()) {
      if (!piece) return Error{Code::failed_precondition, "broken off"};
      whole.body += *piece;
    }
    const Answer answer = take(whole);
    return http::Response{.status = answer.status, .body = answer.body};
  }

 private:
  Answer take(const http::Request& request) {
    static const std::map<http::Method, std::string> names{{http::Method::get, "GET"},
                                                           {http::Method::head, "HEAD"},
                                                           {http::Method::put, "PUT"},
                                                           {http::Method::post, "POST"},
                                                           {http::Method::del, "DELETE"}};
    const std::string what = names.at(request.method) + ' ' + request.path + http::query_text(request.query);
    return state_->with([&](State& s) {
      s.asked.push_back(what + (request.body.empty() ? "" : ' ' + request.body));
      const auto found = s.answers.find(what);
      if (found == s.answers.end())
        return Answer{404, R"({"error":{"code":"not_found","message":"no canned answer for )" + what + R"("}})"};
      Answer answer = found->second.front();
      if (found->second.size() > 1) found->second.pop_front();
      return answer;
    });
  }

  std::shared_ptr<Synced<State>> state_;
  ManualClock& clock_;
};

struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

class World {
 public:
  World() {
    environment = {{"HOME", folder},
                   {"XDG_CONFIG_HOME", folder + "/config"},
                   {"XDG_CACHE_HOME", folder + "/cache"},
                   {"KONTENA_URL", "https://server:7443"},
                   {"KONTENA_TOKEN", token},
                   {"KONTENA_GRID", "main"}};
    clock.jump(std::chrono::hours(24 * 365 * 50));
  }
  World(const World&) = delete;

  Ran run(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    Outside outside{.out = out,
                    .err = err,
                    .clock = clock,
                    .environment = environment,
                    .folder = folder,
                    .in_is_terminal = terminal,
                    .out_is_terminal = terminal,
                    .err_is_terminal = terminal,
                    .pace = Duration(1)};
    outside.size = [this] { return size; };
    outside.read_input = [this]() -> Result<std::string> { return input; };
    outside.ask = [&](const std::string& prompt) -> Result<std::string> {
      err << prompt;
      return typed;
    };
    outside.ask_secret = outside.ask;
    outside.catch_interrupts = [] {};
    outside.interrupted = [this] { return interrupt(); };
    outside.leave = [](int) {};
    outside.pause = [this](Duration time) { clock.advance(time); };
    outside.connect = [this](http::ClientOptions options) -> std::unique_ptr<http::Client> {
      connected_to = options.url;
      trusted = options.ca_pem;
      server->with([&](State& s) { s.bearer = options.bearer.reveal(); });
      return std::make_unique<Client>(server, clock);
    };
    outside.open_images = open_images;
    outside.fetch_authority = [this](const std::string& url, const std::string& pin) -> Result<std::string> {
      fetched.push_back(url + ' ' + pin);
      return authority;
    };
    const int status = client::run(arguments, outside);
    return {status, out.str(), err.str()};
  }

  void answer(const std::string& what, std::string body, int status = 200) { add(what, {status, std::move(body)}); }
  template <class T>
  void answer_with(const std::string& what, const T& value) {
    answer(what, codec::to_json(value));
  }
  void refuse(const std::string& what, int status, const std::string& code, const std::string& message,
              const std::string& hint = "") {
    add(what, {status, codec::to_json(api::ErrorAnswer{{code, message, hint, "r1"}})});
  }
  void add(const std::string& what, Answer answer) {
    server->with([&](State& s) { s.answers[what].push_back(std::move(answer)); });
  }
  std::vector<std::string> asked() {
    return server->with([](State& s) { return s.asked; });
  }
  std::string bearer() {
    return server->with([](State& s) { return s.bearer; });
  }
  std::int64_t ago(std::int64_t seconds) const { return to_ms(clock.now()) - seconds * 1000; }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(folder + '/' + name).parent_path());
    std::ofstream(folder + '/' + name) << text;
  }

  const TempFolder own_folder;
  std::string folder = own_folder.path();  // that it is called in
  Environment environment;
  ManualClock clock;
  bool terminal = false;
  Size size{80, 24};
  std::string input, typed;
  std::function<int()> interrupt = [] { return 0; };
  std::function<std::unique_ptr<engine::Images>(const std::string& socket)> open_images;
  std::string authority = "the CA";
  std::vector<std::string> fetched;
  std::string connected_to, trusted;
  std::shared_ptr<Synced<State>> server = std::make_shared<Synced<State>>();
};

inline const std::string in_grid = "/v1/grids/main";
inline const std::string in_project = "/v1/grids/main/projects/default";

inline api::InstanceSummary instance(const std::string& service, std::int64_t slot, const std::string& node) {
  api::InstanceSummary each{.id = service + std::to_string(slot),
                            .project = "default",
                            .stack = "shop",
                            .service = service,
                            .slot = slot,
                            .node = node};
  each.node_state = node.empty() ? "" : "ready";
  each.address = node.empty() ? "" : "10.0.0." + node.substr(1);
  each.desired = "running";
  return each;
}

}  // namespace kontena::client::canned
