// Logs that are in no file of ours to read: by the engine, each on a thread of its own.
#include <deque>
#include <thread>

#include "log_source.h"

namespace kontena::agent {
namespace {

constexpr Duration beat_period{1'000};
constexpr std::size_t most_waiting = 1u << 20;  // bytes
constexpr Duration shortest_pause{1'000};
constexpr Duration longest_pause{16'000};

struct Queue {
  std::deque<logs::Line> lines;
  std::size_t bytes = 0;
  bool ended = false;  // the engine has no more, for now
  bool closed = false;
  std::optional<Error> error;
};

class ByEngine final : public LogSource {
 public:
  ByEngine(engine::Engine& engine, std::string container, const LogPosition& position)
      : engine_(engine), container_(std::move(container)), time_ns_(position.time_ns), at_time_(position.at_time), thread_([this] { follow(); }) {}
  ~ByEngine() override {
    queue_.change([](Queue& queue) { queue.closed = true; });
    thread_.join();
  }
  ByEngine(const ByEngine&) = delete;
  ByEngine& operator=(const ByEngine&) = delete;

  Result<Taken> take(std::size_t most, LogPosition& position, std::vector<logs::Line>& lines) override {
    return queue_.change([&](Queue& queue) -> Result<Taken> {
      Taken taken;
      while (!queue.lines.empty() && taken.bytes < most) {
        logs::Line& line = queue.lines.front();
        position.at_time = line.time_ns == position.time_ns ? position.at_time + 1 : 1;
        position.time_ns = line.time_ns;
        taken.bytes += line.text.size() + 1;
        queue.bytes -= line.text.size() + 1;
        lines.push_back(std::move(line));
        queue.lines.pop_front();
      }
      if (taken.bytes == 0 && queue.error) return *std::exchange(queue.error, std::nullopt);
      taken.at_end = queue.lines.empty() && queue.ended;
      return taken;
    });
  }

 private:
  void follow() {
    Duration pause = shortest_pause;
    while (true) {
      const std::uint64_t before = handed_out_;
      again_ = 0;
      const engine::LogOptions options{.follow = true, .since_ms = time_ns_ / 1'000'000, .beat = beat_period};
      const Status read = engine_.logs(container_, options, [this](const engine::LogLine& line) { return put(line); });
      pause = handed_out_ == before ? std::min(pause * 2, longest_pause) : shortest_pause;
      const bool closed = queue_.wait_then(
          Duration(0), [](const Queue& queue) { return queue.closed; },
          [&](Queue& queue) {
            queue.ended = true;
            if (!read) queue.error = read.error();
            // Docker's word for drivers that only take.
            if (!read && read.error().message.find("does not support reading") != std::string::npos) queue.error->code = Code::unsupported;
            return queue.closed;
          });
      if (closed || queue_.wait(pause, [](const Queue& queue) { return queue.closed; })) return;
      queue_.change([](Queue& queue) { queue.ended = false; });
    }
  }

  // False where nobody wants more.
  bool put(const engine::LogLine& line) {
    if (line.time.empty()) return !queue_.with([](const Queue& queue) { return queue.closed; });
    std::int64_t time_ns = 0;
    if (!logs::parse_time(line.time, time_ns) || time_ns < time_ns_) return true;
    // Asked is from that time on, and that many of it are known.
    if (time_ns == time_ns_ && ++again_ <= at_time_) return true;
    at_time_ = time_ns == time_ns_ ? at_time_ + 1 : 1;
    again_ = at_time_;
    time_ns_ = time_ns;
    ++handed_out_;
    while (!queue_.wait(beat_period, [](const Queue& queue) { return queue.closed || queue.bytes < most_waiting; })) continue;
    return queue_.change([&](Queue& queue) {
      queue.bytes += line.text.size() + 1;
      queue.lines.push_back({.time_ns = time_ns, .stream = line.is_error ? logs::Stream::err : logs::Stream::out, .text = line.text});
      return !queue.closed;
    });
  }

  engine::Engine& engine_;
  const std::string container_;
  // The thread's own.
  std::int64_t time_ns_;        // of the last line
  std::uint64_t at_time_;       // how many there were of that time
  std::uint64_t again_ = 0;     // how many of that time came since asking
  std::uint64_t handed_out_ = 0;
  Synced<Queue> queue_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<LogSource> read_log_by_engine(engine::Engine& engine, const std::string& container, const LogPosition& position) {
  return std::make_unique<ByEngine>(engine, container, position);
}

}  // namespace kontena::agent
