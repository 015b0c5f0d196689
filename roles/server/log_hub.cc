#include "log_hub.h"

namespace kontena::server {
namespace {

constexpr std::size_t longest_queue = 1'000;
constexpr std::size_t longest_line = 256u << 10;

bool is_beat(const api::LogRecord& record) { return record.stream.empty() && record.error.empty(); }

}  // namespace

std::vector<api::LogRecord> LogHub::Session::next(Duration limit, bool follow) {
  std::vector<api::LogRecord> taken;
  state_.wait(limit, [&](const State& s) { return !s.records.empty() || (s.open.empty() && !follow) || s.closed; });
  state_.change([&](State& s) {
    while (!s.records.empty() && taken.size() < longest_queue) {
      taken.push_back(std::move(s.records.front()));
      s.records.pop_front();
    }
  });
  return taken;
}

bool LogHub::Session::ended() const {
  return state_.with([](const State& s) { return s.closed || (s.open.empty() && s.records.empty()); });
}

void LogHub::Session::close() {
  state_.change([](State& s) { s.closed = true; });
}

std::shared_ptr<LogHub::Session> LogHub::open() { return std::make_shared<Session>(); }

void LogHub::ask(const std::shared_ptr<Session>& session, const Source& source, api::StreamWanted wanted) {
  session->state_.change([&](Session::State& s) { s.open.insert(wanted.stream); });
  streams_.with([&](auto& streams) {
    std::erase_if(streams, [](const auto& entry) { return entry.second.session.expired(); });
    const std::string id = wanted.stream;
    streams[id] = {session, source, std::move(wanted)};
  });
}

void LogHub::ask_again(const std::shared_ptr<Session>& session) {
  streams_.with([&](auto& streams) {
    for (auto& [id, stream] : streams)
      if (!stream.fed && stream.session.lock() == session) stream.handed_out = false;
  });
}

void LogHub::give_up(const std::shared_ptr<Session>& session) {
  const auto silent = streams_.with([&](auto& streams) {
    std::vector<Stream> gone;
    std::erase_if(streams, [&](const auto& entry) {
      const bool ours = entry.second.session.lock() == session && !entry.second.fed;
      if (ours) gone.push_back(entry.second);
      return ours;
    });
    return gone;
  });
  for (const Stream& stream : silent) {
    push(*session, {.instance = stream.wanted.instance,
                    .stack = stream.source.stack,
                    .service = stream.source.service,
                    .slot = stream.source.slot,
                    .node = stream.source.node,
                    .error = "node '" + stream.source.node + "' does not answer"});
    end(*session, stream.wanted.stream);
  }
}

std::vector<api::StreamWanted> LogHub::take(const std::string& by_node) {
  return streams_.with([&](auto& streams) {
    std::vector<api::StreamWanted> wanted;
    for (auto& [id, stream] : streams) {
      if (stream.handed_out || stream.source.by_node != by_node || stream.session.expired()) continue;
      stream.handed_out = true;
      wanted.push_back(stream.wanted);
    }
    return wanted;
  });
}

Status LogHub::feed(const std::string& id, const std::string& by_node, http::Upload& upload) {
  std::shared_ptr<Session> session;
  Source source;
  std::string instance;
  streams_.with([&](auto& streams) {
    const auto found = streams.find(id);
    if (found == streams.end() || found->second.source.by_node != by_node || found->second.fed) return;
    found->second.fed = true;
    session = found->second.session.lock();
    source = found->second.source;
    instance = found->second.wanted.instance;
  });
  if (!session) return Error{Code::not_found, "nobody waits for this stream"};

  std::string rest;
  const Status read = upload.read([&](std::string_view bytes) {
    rest += bytes;
    std::size_t from = 0;
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', from)) {
      auto record = codec::from_json<api::LogRecord>(std::string_view(rest).substr(from, end - from));
      from = end + 1;
      if (!record || is_beat(*record)) continue;
      // Whatever the node says of it.
      record->instance = instance;
      record->stack = source.stack;
      record->service = source.service;
      record->slot = source.slot;
      record->node = source.node;
      push(*session, std::move(*record));
    }
    rest.erase(0, from);
    const bool closed = session->state_.with([](const Session::State& s) { return s.closed; });
    return !closed && rest.size() <= longest_line;
  });
  if (!read)
    push(*session, {.stack = source.stack,
                    .service = source.service,
                    .slot = source.slot,
                    .node = source.node,
                    .error = "the stream from node '" + source.node + "' broke off"});
  end(*session, id);
  streams_.with([&](auto& streams) { streams.erase(id); });
  return Done{};
}

// Waits while the client is behind, which makes the agent wait in turn.
void LogHub::push(Session& session, api::LogRecord record) {
  bool pushed = false;
  while (!pushed) {
    session.state_.wait(Duration(2'000), [](const Session::State& s) { return s.closed || s.records.size() < longest_queue; });
    pushed = session.state_.change([&](Session::State& s) {
      if (s.closed) return true;
      if (s.records.size() >= longest_queue) return false;
      s.records.push_back(std::move(record));
      return true;
    });
  }
}

void LogHub::end(Session& session, const std::string& stream) {
  session.state_.change([&](Session::State& s) { s.open.erase(stream); });
}

}  // namespace kontena::server
