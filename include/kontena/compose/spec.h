#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kontena/compose/read.h"
#include "kontena/model/container.h"
#include "kontena/model/stack.h"

namespace kontena::compose {

// What becomes of a key.
enum class Class : std::uint8_t {
  runs,     // as in Compose
  mapped,   // honoured in a way that differs; the note says how
  ignored,  // has no effect here, and none that anyone would miss; a warning says the note
  refused,  // the note says why
  part,     // of a row: as the key that it is inside of
};

// A key of the resolved project, or a value of it that has a word of its own.
struct Verdict {
  Position at;
  std::string key;           // "services.web.ports"
  Class what = Class::runs;  // never `part`
  std::string note;          // how or why; may be empty for what runs
  bool made = false;         // the file does not have it: a default, or of a short form
  bool inside = false;       // of a key that is ignored or refused whole, which says it all
};

// What `build` of a service asks of the engine where the client runs.
struct Build {
  std::string image;        // the name it gets there: the service's `image`, or STACK-SERVICE
  bool named = false;       // by the service's `image`
  std::string pull_policy;  // of the service, as written; "" = missing
  std::string context;      // an absolute folder; or with `remote` what the engine fetches by itself
  bool remote = false;
  std::string dockerfile;         // in the context, or absolute
  std::string dockerfile_inline;  // in its place
  model::StringMap args;
  std::string target;
  model::StringMap labels;
  model::Strings cache_from;
  std::string network;
  std::int64_t shm_bytes = 0;
  model::Strings extra_hosts;  // "NAME:ADDRESS"
  bool no_cache = false;
  bool pull = false;
  model::Strings tags;   // further names
  std::string platform;  // "" = the engine's
  std::vector<model::Ulimit> ulimits;
  friend bool operator==(const Build&, const Build&) = default;
};

// A path of the client's machine that a service binds, as it was written relative: what is there has to
// come along. Who has read it fills in the mount: its digest, or a volume in its place.
struct OwnPath {
  std::string service;
  std::size_t mount = 0;  // of the service's, of kind content, with `written` as its source
  std::string path;       // absolute
  std::string written;
  bool must_exist = false;
  std::string key;  // "services.web.volumes[0]"
  Position at;
};

// Where the content of a config or secret is to be read. Who has read it fills in the FileSpec's digest.
struct FileSource {
  enum class From : std::uint8_t { file, environment, content };
  bool secret = false;
  std::string key;  // of StackSpec::secrets or ::configs
  From from = From::file;
  std::string value;  // an absolute path, a variable's name, or the content itself
  Position at;
};

struct Specified {
  model::StackSpec spec;                // good where there is no problem
  std::map<std::string, Build> builds;  // by service
  std::vector<OwnPath> own_paths;
  std::vector<FileSource> files;
  std::vector<Finding> problems;        // refusals, each with its place and reason
  std::vector<Finding> warnings;
  std::vector<Verdict> keys;  // all of the document, in order of file and line; each problem is a refused one
};

// Stage two: the canonical document → what we run.
Specified specify(const Document&);

}  // namespace kontena::compose
