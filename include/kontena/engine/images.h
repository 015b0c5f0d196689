#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/http/client.h"
#include "kontena/model/container.h"

// Images that are built, saved and loaded: what the client has its engine do, and how an agent's
// engine gets them. The same contract of errors as that of engine.h.
namespace kontena::engine {

// What an image was built from, as a label of it: a digest of all that went into it.
inline constexpr std::string_view build_label = "io.kontena.build";

struct ImageFacts {
  std::string id;
  model::StringMap labels;
  std::string platform;   // "linux/arm64/v8"
  model::Strings layers;  // by what they hold, "sha256:…", the lowest first
};

struct BuildSpec {
  std::string name;        // the image gets; what had it before loses it
  std::string remote;      // what the engine fetches itself, in place of a context
  std::string dockerfile;  // its path in the context; "" = Dockerfile
  model::StringMap args;
  model::StringMap labels;
  std::string target;
  model::Strings cache_from;
  std::string network;
  std::int64_t shm_bytes = 0;
  model::Strings extra_hosts;  // "NAME:ADDRESS"
  bool no_cache = false;
  bool pull = false;
  std::string platform;
  std::vector<model::Ulimit> ulimits;
  std::int64_t memory_bytes = 0;  // of each step; 0 = the host's
  std::int64_t nano_cpus = 0;     // likewise
  Redacted registries;  // JSON, registry → {"username":…,"password":…}; "" = none
};

class Images {
 public:
  // The next piece of an archive; "" at its end, none where it breaks off.
  using Pieces = http::Client::Pieces;

  virtual ~Images() = default;

  // By name or id. Code::not_found.
  virtual Result<ImageFacts> find(const std::string& image) = 0;
  // The id of one that has this label, the newest; "" where there is none.
  virtual Result<std::string> labelled(std::string_view key, const std::string& value) = 0;
  // The ids of those whose name is like `pattern` ("shop/*"), by name.
  virtual Result<model::StringMap> named(const std::string& /*pattern*/) { return model::StringMap{}; }
  // The layers of every image that the engine has.
  virtual Result<std::vector<model::Strings>> layers() = 0;

  // By the engine's own builder. What it says comes in whole lines; where a step fails, the error
  // names it and says why. `line` gets "" each second while nothing is said; where it returns false the
  // engine ends the step at hand, and that is Code::failed_precondition.
  using Line = std::function<bool(std::string_view)>;
  virtual Status build(const BuildSpec&, const Pieces& context, const Line& line) = 0;
  // Asks the image's registry for what has this name now. `registries`: as of a BuildSpec.
  virtual Status pull(const std::string& image, const std::string& /*platform*/, const Redacted& /*registries*/) {
    return Error{Code::unsupported, "the image '" + image + "' cannot be asked for"};
  }
  virtual Status tag(const std::string& image, const std::string& name) = 0;
  // The archive of an image, until `sink` fails; its error is passed on.
  virtual Status save(const std::string& image, const std::function<Status(std::string_view)>& sink) = 0;
  virtual Status load(const Pieces& archive) = 0;
};

}  // namespace kontena::engine
