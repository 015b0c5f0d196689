#include "builds.h"

#include <fstream>
#include <memory>
#include <thread>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/image/send.h"

namespace kontena::agent {
namespace {

constexpr Duration beat_period{1'000};
constexpr Duration longest_quiet{60'000};
constexpr std::size_t most_waiting = 1u << 20;  // bytes that the builder may be ahead
constexpr std::size_t longest_line = 8u << 10;
constexpr std::size_t piece_size = 256u << 10;
constexpr std::string_view names = "kontena.build/";

// What the builder leaves for the sender.
struct Queue {
  std::string lines;    // JSON Lines
  bool ended = false;   // by the builder: there will be no more
  bool closed = false;  // by the sender: nobody wants it any more
};

Error nobody_waits() { return {Code::unavailable, "nobody waits for this build any more"}; }

}  // namespace

struct Builds::Work {
  const api::StreamWanted& wanted;
  api::BuildOrder order = {};
  Synced<Queue> queue = {};
  Duration until{};
  bool late = false;
  StepImages steps = {};

  std::string path(const std::string& digest) const {
    return api::path(api::paths::agent_build_blob, {wanted.stream, digest});
  }
  bool is_wanted() {
    return queue.with([](const Queue& q) { return !q.closed; });
  }
  void say(const api::BuildRecord& record) {
    const std::string text = codec::to_json(api::LogRecord{.stream = "build", .text = codec::to_json(record)}) + '\n';
    queue.wait(longest_quiet, [](const Queue& q) { return q.closed || q.lines.size() < most_waiting; });
    queue.change([&](Queue& q) {
      if (!q.closed) q.lines += text;
    });
  }
};

std::string built_name(const std::string& grid, api::BuildOrder order) {
  const std::string scope = crypto::sha256_hex(grid + '/' + order.project).substr(0, 16);
  order.node.clear();
  order.image.clear();
  order.anyway = order.send = order.pull = order.no_cache = false;
  return std::string(names) + scope + ':' + crypto::sha256_hex(codec::to_json(order));
}

void StepImages::take(std::string_view line) {
  constexpr std::string_view arrow = " ---> ";
  if (line.starts_with("Step ")) {
    const auto colon = line.find(" : ");
    from_ = colon != std::string_view::npos && text::lower(line.substr(colon + 3, 5)) == "from ";
    cached_ = false;
  } else if (line == " ---> Using cache") {
    cached_ = true;
  } else if (line.starts_with(arrow) && !from_ && !cached_) {
    const std::string_view id = line.substr(arrow.size());
    if (!id.empty() && id.find_first_not_of("0123456789abcdef") == std::string_view::npos) last_ = id;
  }
}

void Builds::run(const api::StreamWanted& wanted) {
  Work work{.wanted = wanted};
  work.until = context_.clock.steady() + longest_build;
  std::jthread builder([&] {
    const bool free = running_.change([](int& count) { return count < most_builds && ++count; });
    auto built = free ? build(work)
                      : Result<api::BuildRecord>(
                            Error{Code::exhausted, "the node builds " + std::to_string(most_builds) + " images already",
                                  "try again when they are done, or build on another node"});
    if (free) running_.change([](int& count) { --count; });
    if (built) {
      built->done = true;
      work.say(*built);
    } else {
      const Error& error = built.error();
      work.say({.error = error.message.empty() ? "it failed" : error.message,
                .code = std::string(name(error.code)),
                .hint = error.hint});
    }
    work.queue.change([](Queue& q) { q.ended = true; });
  });
  const http::Request request{.method = http::Method::post,
                              .path = api::path(api::paths::agent_stream, {wanted.stream}),
                              .headers = {{"content-type", "application/jsonl"}}};
  const std::string beat = codec::to_json(api::LogRecord{}) + '\n';
  const auto response = uplink_.server().upload(request, longest_quiet, [&]() -> std::string {
    const bool something = work.queue.wait(beat_period, [](const Queue& q) { return !q.lines.empty() || q.ended; });
    if (something) return work.queue.change([](Queue& q) { return std::exchange(q.lines, {}); });
    return context_.state.with([](const State& s) { return s.stopping; }) ? std::string() : beat;
  });
  work.queue.change([](Queue& q) { q.closed = true; });
  if (!response)
    log::debug("a build's stream broke off", {{"build", wanted.stream}, {"reason", response.error().message}});
}

Result<api::BuildRecord> Builds::build(Work& work) {
  auto order = codec::from_json<api::BuildOrder>(work.wanted.order);
  if (!order) return std::move(order).error().in("the order of a build");
  work.order = *std::move(order);
  adopt();
  const std::string name = built_name(context_.grid, work.order);
  api::BuildRecord record;
  auto facts = work.order.anyway || work.order.pull || work.order.no_cache || !work.order.remote.empty()
                   ? Result<engine::ImageFacts>(Error{Code::not_found, ""})
                   : images_.find(name);
  record.same = facts.has_value();
  if (!facts) {
    if (facts.error().code != Code::not_found) return facts.error();
    KTN_OK(make(work, name));
    KTN_TRY(facts, images_.find(name));
    log::info("an image was built", {{"image", work.order.image}, {"project", work.order.project}, {"id", facts->id}});
  }
  note(facts->id, name);
  record.id = facts->id;
  record.platform = facts->platform;
  if (work.order.send) KTN_OK(send(work, *facts, record));
  return record;
}

// Held against its name before the engine sees any of it.
Status Builds::fetch(Work& work, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  crypto::Sha256 sum;
  std::int64_t size = 0;
  const auto answer =
      uplink_.server().stream({.path = work.path(work.order.context)}, longest_quiet, [&](std::string_view bytes) {
        sum.add(bytes);
        size += static_cast<std::int64_t>(bytes.size());
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return file.good() && size <= api::largest_context && work.is_wanted();
      });
  file.close();
  if (!work.is_wanted()) return nobody_waits();
  if (!answer) return Error(answer.error()).in("fetching the context");
  if (answer->status >= 300) return api::error_of(*answer).in("fetching the context");
  if (!file)
    return Error{Code::failed_precondition, "the context cannot be kept in " + folder_, "is the node's disk full?"};
  if ("sha256:" + sum.hex() != work.order.context)
    return Error{Code::corrupt, "the server gave something else for the context", "start the build again"};
  return Done{};
}

Status Builds::make(Work& work, const std::string& name) {
  const api::BuildOrder& order = work.order;
  KTN_OK(files::make_folder(folder_, 0700));
  KTN_TRY(const image::ScratchFile scratch, image::ScratchFile::make(folder_));
  if (order.remote.empty()) KTN_OK(fetch(work, scratch.path()));
  const engine::BuildSpec spec{.name = name,
                               .remote = order.remote,
                               .dockerfile = order.dockerfile,
                               .args = order.args,
                               .labels = order.labels,
                               .target = order.target,
                               .cache_from = order.cache_from,
                               .network = order.network,
                               .shm_bytes = order.shm_bytes,
                               .extra_hosts = order.extra_hosts,
                               .no_cache = order.no_cache,
                               .pull = order.pull,
                               .platform = order.platform,
                               .ulimits = order.ulimits,
                               .memory_bytes = order.memory_bytes,
                               .nano_cpus = order.nano_cpus,
                               .registries = {}};
  std::ifstream file(scratch.path(), std::ios::binary);
  const auto goes_on = [&] {
    Progress::noted();
    work.late = work.late || context_.clock.steady() > work.until;
    return !work.late && work.is_wanted();
  };
  const auto next = [&]() -> std::optional<std::string> {
    if (!goes_on() || file.bad()) return std::nullopt;
    std::string piece(piece_size, '\0');
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(file.gcount()));
    return piece;
  };
  const Status built = images_.build(spec, next, [&](std::string_view line) {
    if (!line.empty()) {
      work.steps.take(line);
      work.say({.line = std::string(line.substr(0, longest_line))});
    }
    return goes_on();
  });
  if (built) return built;
  // What was done before the step that failed need not be done again; it goes as what was pulled does.
  if (const std::string& last = work.steps.last(); !last.empty()) note(last, last);
  if (work.late) return Error{Code::deadline_exceeded, "it took longer than " + text::human_duration(longest_build)};
  if (!work.is_wanted()) return nobody_waits();
  return built;
}

Status Builds::send(Work& work, const engine::ImageFacts& facts, api::BuildRecord& record) {
  KTN_OK(files::make_folder(folder_, 0700));
  KTN_TRY(const image::ScratchFile scratch, image::ScratchFile::make(folder_));
  const auto put = [&](const std::string& digest, const http::Client::Pieces& pieces) -> Status {
    const auto answer = uplink_.server().exchange({.method = http::Method::put, .path = work.path(digest)},
                                                  longest_quiet, pieces, [](std::string_view) { return true; });
    if (!answer) return answer.error();
    if (answer->status >= 300) return api::error_of(*answer);
    return Done{};
  };
  const image::Sending to{
      .has = [&](const std::string& digest) -> Result<bool> {
        if (!work.is_wanted()) return nobody_waits();
        KTN_TRY(const auto answer,
                uplink_.server().send({.method = http::Method::head, .path = work.path(digest)}, api::usual_timeout));
        if (answer.status == 404) return false;
        if (answer.status >= 300) return api::error_of(answer);
        return true;
      },
      .send =
          [&](const std::string& digest, const std::string& path) {
            std::ifstream file(path, std::ios::binary);
            return put(digest, [&]() -> std::optional<std::string> {
              if (file.bad() || !file.is_open() || !work.is_wanted()) return std::nullopt;
              std::string piece(piece_size, '\0');
              file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
              piece.resize(static_cast<std::size_t>(file.gcount()));
              return piece;
            });
          },
      .send_text =
          [&](const std::string& digest, const std::string& bytes) {
            return put(digest, [&, ended = false]() mutable -> std::optional<std::string> {
              return std::exchange(ended, true) ? std::string() : bytes;
            });
          },
      .save =
          [&](const std::function<Status(std::string_view)>& sink) {
            return images_.save(facts.id, [&](std::string_view some) -> Status {
              if (!work.is_wanted()) return nobody_waits();
              return sink(some);
            });
          },
      .saving = [&] { work.say({.line = "sending the parts that the server lacks"}); },
      .scratch = scratch.path()};
  auto sent = image::send({facts.id, facts.layers}, to);
  if (!sent) return std::move(sent).error().in("sending the image to the server");
  record.manifest = sent->digest;
  record.parts = static_cast<std::int64_t>(sent->parts);
  record.sent = static_cast<std::int64_t>(sent->missing);
  record.bytes = sent->bytes;
  return Done{};
}

void Builds::note(const std::string& id, const std::string& name) {
  context_.state.with([&](State& s) {
    PulledImage& image = s.pulled_images.try_emplace(id, PulledImage{.name = name}).first->second;
    image.built = name == id ? "" : name;
    image.unused_since_ms = 0;
  });
}

// What was built before, and is not remembered: the agent was killed at the wrong moment.
void Builds::adopt() {
  const auto all = images_.named(std::string(names) + '*');
  if (!all) return;
  for (const auto& [name, id] : *all) {
    const bool known = context_.state.with([&](const State& s) { return s.pulled_images.contains(id); });
    if (!known) note(id, name);
  }
}

}  // namespace kontena::agent
