#include <algorithm>
#include <csignal>
#include <mutex>

#include "../commands.h"
#include "../session.h"
#include "../terminal.h"
#include "../way_in.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

using channel::Kind;

constexpr Duration look_again{1'000};
constexpr std::size_t most_at_once = 100;  // of --all
constexpr std::size_t longest_line = 64u << 10;
constexpr std::size_t all_ended = ~std::size_t{0};  // beside the ways of --all

std::string_view signal_name(int number) {
  switch (number) {
    case SIGHUP:
      return "HUP";
    case SIGQUIT:
      return "QUIT";
    case SIGTERM:
      return "TERM";
    default:
      return "INT";
  }
}

// "ctrl-p,ctrl-q" → the bytes that a terminal sends for them.
Result<std::string> detach_keys(const std::string& given) {
  std::string keys;
  for (const std::string& each : text::split(given, ',')) {
    const bool control = each.starts_with("ctrl-") && each.size() == 6;
    const char key = control ? each[5] : each.size() == 1 ? each[0] : '\0';
    const bool fits = control ? (key >= 'a' && key <= 'z') || (key >= '@' && key <= '_') : key > ' ';
    if (!fits) return Error{Code::invalid_argument, "'" + each + "' is no key", "--detach-keys ctrl-p,ctrl-q: letters, each with or without ctrl- before it"};
    keys += control ? static_cast<char>(key & 0x1f) : key;
  }
  return keys;
}

// Input on its way, but for the keys that end it: those are held until it is known that they are not.
class Keys {
 public:
  explicit Keys(std::string keys) : keys_(std::move(keys)) {}
  // What goes on; `detached` once all keys came in a row.
  std::string pass(std::string_view bytes, bool& detached) {
    if (keys_.empty()) return std::string(bytes);
    std::string on;
    for (const char c : bytes) {
      if (c != keys_[held_]) {
        on.append(keys_, 0, held_);
        held_ = 0;
      }
      if (c != keys_[held_]) {
        on += c;
      } else if (++held_ == keys_.size()) {
        detached = true;
        return on;
      }
    }
    return on;
  }

 private:
  const std::string keys_;
  std::size_t held_ = 0;
};

// One that is talked with: input, signals and the window's size go there, until it ends.
class Talk {
 public:
  Talk(Session& session, WayIn& way, Terminal& terminal, std::string keys) : session_(session), way_(way), terminal_(terminal), keys_(std::move(keys)) {}

  Result<int> run(const api::ChannelOrder& order) {
    if (order.terminal && order.input) terminal_.make_raw();
    std::jthread input, signals([&] { pass_signals(order); });
    if (order.input) input = std::jthread([&] { pass_input(); });
    auto ended = way_.hear([&](bool is_error, std::string_view bytes) {
      (is_error ? session_.err() : session_.out()) << bytes << std::flush;
      // Who reads has gone: so may the command.
      if (!session_.out().good()) way_.end().broke({Code::unavailable, "standard output cannot be written"});
    });
    way_.end().close();
    terminal_.wake();
    if (input.joinable()) input.join();
    signals.join();
    terminal_.restore();
    if (detached_.with([](bool is) { return is; })) {
      session_.note("detached: it runs on");
      return 0;
    }
    if (const int number = left_.with([](int n) { return n; }); !ended && number) return 128 + number;
    return ended;
  }

 private:
  void pass_input() {
    bool detached = false;
    while (!way_.end().over()) {
      const auto bytes = terminal_.read(look_again);
      if (!bytes) return way_.end().finish();
      if (bytes->empty()) {  // or woken: it is over
        if (way_.end().over()) return;
        continue;
      }
      const std::string on = keys_.pass(*bytes, detached);
      if (!way_.end().send(Kind::input, on)) return;
      if (!detached) continue;
      detached_.with([](bool& is) { is = true; });
      return way_.end().broke({Code::unavailable, "detached"});
    }
  }

  void pass_signals(const api::ChannelOrder& order) {
    const auto tell_size = [&] {
      const Size size = terminal_.size();
      way_.end().say(Kind::resize, channel::size_text(size.lines, size.columns));
    };
    int told = 0;
    while (!way_.end().over()) {
      const int number = terminal_.signal(look_again);
      if (number == 0) continue;
      if (number == SIGWINCH) {
        if (order.terminal) tell_size();
        continue;
      }
      // An attached container is not ended by whoever looks at it; and who says it a third time means us.
      if (order.kind == "exec" && ++told < 3 && number != SIGHUP) {
        way_.end().say(Kind::signal, signal_name(number));
        continue;
      }
      left_.with([&](int& n) { n = number; });
      return way_.end().broke({Code::unavailable, "ended by a signal"});
    }
  }

  Session& session_;
  WayIn& way_;
  Terminal& terminal_;
  Keys keys_;
  Synced<bool> detached_;
  Synced<int> left_;
};

Result<api::ChannelOrder> order_of(Session& session, Terminal* terminal) {
  const Arguments& given = session.arguments;
  api::ChannelOrder order{.kind = "exec",
                          .command = {given.words.begin() + 1, given.words.end()},
                          .user = given.value("--user"),
                          .working_dir = given.value("--workdir"),
                          .terminal = given.has("--tty"),
                          .input = given.has("--interactive")};
  for (const std::string& each : given.values("--env")) {
    const auto equals = each.find('=');
    if (equals == 0 || each.empty()) return Error{Code::invalid_argument, "'" + each + "' is no variable", "--env KEY=VALUE, or KEY for the value that it has here"};
    order.environment[each.substr(0, equals)] = equals == std::string::npos ? session.outside.variable(each) : each.substr(equals + 1);
  }
  if (order.terminal && order.input && !session.outside.in_is_terminal)
    return Error{Code::invalid_argument, "--tty with --interactive wants a terminal, and standard input is none", "leave --tty away"};
  if (order.terminal && terminal) {
    const Size size = terminal->size();
    order.rows = size.lines;
    order.columns = size.columns;
    if (!order.environment.contains("TERM") && !session.outside.variable("TERM").empty()) order.environment["TERM"] = session.outside.variable("TERM");
  }
  return order;
}

int failed(Session& session, const Error& error) {
  print_error(session, error);
  return own_failure;
}

// Whole lines of one instance, with its name before them.
class Lines {
 public:
  Lines(std::ostream& out, std::mutex& one, std::string prefix) : out_(out), one_(one), prefix_(std::move(prefix)) {}
  void take(std::string_view bytes) {
    rest_ += bytes;
    for (auto end = rest_.find('\n'); end != std::string::npos || rest_.size() > longest_line; end = rest_.find('\n')) {
      print(rest_.substr(0, std::min(end, longest_line)));
      rest_.erase(0, end == std::string::npos ? longest_line : end + 1);
    }
  }
  void finish() {
    if (!rest_.empty()) print(rest_);
  }

 private:
  void print(const std::string& line) {
    const std::lock_guard lock(one_);
    out_ << prefix_ << line << '\n' << std::flush;
  }
  std::ostream& out_;
  std::mutex& one_;
  const std::string prefix_;
  std::string rest_;
};

Result<int> exec_all(Session& session, const WayIn::Door& door, const std::vector<api::InstanceSummary>& all, const api::ChannelOrder& order, Terminal& terminal) {
  if (order.input || order.terminal) return Error{Code::invalid_argument, "--all goes without --interactive and --tty: there is one input"};
  if (all.size() > most_at_once) return Error{Code::exhausted, "more than " + std::to_string(most_at_once) + " instances at once"};
  std::size_t width = 0;
  for (const auto& one : all) width = std::max(width, name_of(one).size());
  std::mutex printing;
  Synced<int> worst{0};
  Synced<std::map<std::size_t, WayIn*>> ways;
  std::jthread signals([&] {
    bool over = false;
    for (int told = 0; !over;) {
      const int number = terminal.signal(look_again);
      over = ways.with([](const auto& w) { return w.contains(all_ended); });
      if (number == 0 || number == SIGWINCH) continue;
      ++told;
      ways.with([&](auto& w) {
        for (auto& [index, way] : w) {
          if (!way) continue;
          if (told < 3)
            way->end().say(Kind::signal, signal_name(number));
          else
            way->end().broke({Code::unavailable, "ended by a signal"});
        }
      });
    }
  });
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < all.size(); ++i)
      threads.emplace_back([&, i] {
        const std::string prefix = pad(name_of(all[i]), width) + " | ";
        Lines out(session.out(), printing, prefix), err(session.err(), printing, prefix);
        api::ChannelOrder mine = order;
        mine.instance = all[i].id;
        const auto ended = [&]() -> Result<int> {
          KTN_TRY(const auto way, WayIn::open(door, mine));
          ways.with([&](auto& w) { w[i] = way.get(); });
          auto heard = way->hear([&](bool is_error, std::string_view bytes) { (is_error ? err : out).take(bytes); });
          ways.with([&](auto& w) { w.erase(i); });
          return heard;
        }();
        out.finish(), err.finish();
        if (!ended) err.take("kontena: " + ended.error().message + '\n');
        worst.with([&](int& w) { w = std::max(w, ended ? *ended : own_failure); });
      });
  }
  ways.with([](auto& w) { w[all_ended] = nullptr; });
  terminal.wake();
  return worst.with([](int w) { return w; });
}

}  // namespace

Result<int> exec(Session& session) {
  const std::unique_ptr<Terminal> terminal = session.outside.open_terminal();
  KTN_TRY(const api::ChannelOrder order, order_of(session, terminal.get()));
  const auto run = [&]() -> Result<int> {
    KTN_TRY(const auto instances, instances_named(session, session.arguments.words[0]));
    KTN_TRY(const WayIn::Door door, WayIn::door(session));
    if (session.arguments.has("--all")) return exec_all(session, door, instances, order, *terminal);
    api::ChannelOrder one = order;
    one.instance = instances[0].id;
    KTN_TRY(const auto way, WayIn::open(door, one));
    return Talk(session, *way, *terminal, "").run(one);
  };
  auto ended = run();
  if (!ended && ended.error().code == Code::invalid_argument) return ended;
  return ended ? *ended : failed(session, ended.error());
}

Result<int> attach(Session& session) {
  KTN_TRY(const std::string keys, detach_keys(session.arguments.value("--detach-keys", "ctrl-p,ctrl-q")));
  const std::unique_ptr<Terminal> terminal = session.outside.open_terminal();
  const auto run = [&]() -> Result<int> {
    KTN_TRY(const auto instances, instances_named(session, session.arguments.words[0]));
    KTN_TRY(const WayIn::Door door, WayIn::door(session));
    api::ChannelOrder order{.instance = instances[0].id, .kind = "attach", .terminal = session.outside.in_is_terminal, .input = session.arguments.has("--interactive")};
    if (order.terminal) {
      const Size size = terminal->size();
      order.rows = size.lines, order.columns = size.columns;
    }
    KTN_TRY(const auto way, WayIn::open(door, order));
    return Talk(session, *way, *terminal, keys).run(order);
  };
  const auto ended = run();
  return ended ? *ended : failed(session, ended.error());
}

}  // namespace kontena::client
