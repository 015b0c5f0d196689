#include "kontena/base/log.h"
#include "streams.h"

namespace kontena::agent {
namespace {

constexpr Duration beat_period{2'000};
constexpr std::size_t most_waiting = 1u << 20;  // bytes that the reader may be ahead
constexpr Duration longest_quiet{60'000};

// What the reader of the engine's log leaves for the sender.
struct Queue {
  std::string lines;    // JSON Lines
  bool ended = false;   // by the reader: there will be no more
  bool closed = false;  // by the sender: nobody wants more
};

std::string record_text(const api::LogRecord& record) { return codec::to_json(record) + '\n'; }

struct Source {
  std::string container;
  std::int64_t slot = 0;
  std::string missing;  // why there is none
};
Source source_of(const Context& context, const std::string& instance) {
  return context.state.with([&](const State& s) -> Source {
    const auto wanted = s.kept->instances.find(instance);
    if (wanted == s.kept->instances.end()) return {.missing = "the instance is not on this node"};
    const auto* container = s.seen.of_instance(instance);
    if (!container) return {.slot = wanted->second.slot, .missing = "the instance has no container yet"};
    return {.container = container->id, .slot = wanted->second.slot};
  });
}

void read_log(const Context& context, const api::StreamWanted& wanted, const Source& source, Synced<Queue>& queue) {
  const auto stopping = [&] { return context.state.with([](const State& s) { return s.stopping; }); };
  api::LogRecord record{.instance = wanted.instance, .slot = source.slot};
  const engine::LogOptions options{
      .follow = wanted.follow, .tail = wanted.tail, .since_ms = wanted.since_ms, .beat = beat_period};
  const Status read = context.engine.logs(source.container, options, [&](const engine::LogLine& line) {
    if (line.time.empty()) return !stopping() && queue.with([](const Queue& q) { return !q.closed; });
    record.time = line.time;
    record.stream = line.is_error ? "stderr" : "stdout";
    record.text = line.text;
    const std::string text = record_text(record);
    // Far ahead of the sender, the reader waits, and so in the end does the engine.
    while (!queue.wait(beat_period, [](const Queue& q) { return q.closed || q.lines.size() < most_waiting; }))
      if (stopping()) return false;
    return queue.change([&](Queue& q) {
      if (!q.closed) q.lines += text;
      return !q.closed;
    });
  });
  queue.change([&](Queue& q) {
    if (!read)
      q.lines += record_text({.instance = wanted.instance, .slot = source.slot, .error = read.error().message});
    q.ended = true;
  });
}

}  // namespace

void send_log(const Context& context, http::Client& server, const api::StreamWanted& wanted) {
  Synced<Queue> queue;
  std::jthread reader;
  if (const Source source = source_of(context, wanted.instance); source.missing.empty()) {
    reader = std::jthread([&context, &wanted, source, &queue] { read_log(context, wanted, source, queue); });
  } else {
    queue.with([&](Queue& q) {
      q.lines = record_text({.instance = wanted.instance, .slot = source.slot, .error = source.missing});
      q.ended = true;
    });
  }
  const http::Request request{.method = http::Method::post,
                              .path = api::path(api::paths::agent_stream, {wanted.stream}),
                              .headers = {{"content-type", "application/jsonl"}}};
  const std::string beat = record_text({.instance = wanted.instance});
  const auto response = server.upload(request, longest_quiet, [&]() -> std::string {
    const bool something = queue.wait(beat_period, [](const Queue& q) { return !q.lines.empty() || q.ended; });
    if (something) return queue.change([](Queue& q) { return std::exchange(q.lines, {}); });
    return context.state.with([](const State& s) { return s.stopping; }) ? std::string() : beat;
  });
  queue.change([](Queue& q) { q.closed = true; });
  if (!response)
    log::debug("a log stream broke off", {{"stream", wanted.stream}, {"reason", response.error().message}});
}

}  // namespace kontena::agent
