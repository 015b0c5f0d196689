#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/codec/container_fields.h"
#include "kontena/codec/json.h"
#include "kontena/model/container.h"

// A build by the engine of a node: POST paths::builds, which answers with JSON Lines for as long as it takes. Who ends
// the request ends the build.
namespace kontena::api {

struct BuildOrder {
  std::string node;        // name or id
  std::string image;       // its name in the Compose file; on nodes it has one that tells it from all others
  std::string context;     // digest of its archive, a blob of the project; "" with `remote`
  std::string remote;      // what the engine fetches itself
  std::string dockerfile;  // its path in the context
  model::StringMap args;
  model::StringMap labels;
  std::string target;
  model::Strings cache_from;
  std::string network;  // "", default, none or host
  std::int64_t shm_bytes = 0;
  model::Strings extra_hosts;
  bool no_cache = false;
  bool pull = false;
  std::string platform;
  std::vector<model::Ulimit> ulimits;
  bool anyway = false;  // also where this node has an image of the same already
  bool send = false;    // the image's parts are to come to the server, for other nodes
  // Filled in by the server, for the agent.
  std::string project;
  std::int64_t memory_bytes = 0;
  std::int64_t nano_cpus = 0;
};

// A line of the answer: what the builder says, or a beat (all of it empty), or the end.
struct BuildRecord {
  std::string line;
  std::string error;  // the end, and why
  std::string code;   // of it
  std::string hint;
  bool done = false;  // the end: it is built
  bool same = false;  // … and was before
  std::string id;     // of the image, the engine's
  std::string platform;
  std::string manifest;  // digest of its manifest, where its parts were to be sent
  std::int64_t parts = 0;
  std::int64_t sent = 0;  // of these, now
  std::int64_t bytes = 0;
};

inline constexpr std::int64_t largest_context = std::int64_t{1} << 30;  // its archive

}  // namespace kontena::api

namespace kontena::codec {
template <>
struct Fields<api::BuildOrder> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("image", s.image);
    v("context", s.context);
    v("remote", s.remote);
    v("dockerfile", s.dockerfile);
    v("args", s.args);
    v("labels", s.labels);
    v("target", s.target);
    v("cache_from", s.cache_from);
    v("network", s.network);
    v("shm_bytes", s.shm_bytes);
    v("extra_hosts", s.extra_hosts);
    v("no_cache", s.no_cache);
    v("pull", s.pull);
    v("platform", s.platform);
    v("ulimits", s.ulimits);
    v("anyway", s.anyway);
    v("send", s.send);
    v("project", s.project);
    v("memory_bytes", s.memory_bytes);
    v("nano_cpus", s.nano_cpus);
  }
};
template <>
struct Fields<api::BuildRecord> {
  static void visit(auto& v, auto& s) {
    v("line", s.line);
    v("error", s.error);
    v("code", s.code);
    v("hint", s.hint);
    v("done", s.done);
    v("same", s.same);
    v("id", s.id);
    v("platform", s.platform);
    v("manifest", s.manifest);
    v("parts", s.parts);
    v("sent", s.sent);
    v("bytes", s.bytes);
  }
};
}  // namespace kontena::codec
