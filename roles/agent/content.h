#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "kontena/base/redacted.h"
#include "kontena/base/synced.h"
#include "kontena/engine/engine.h"
#include "kontena/model/assignment.h"
#include "uplink.h"

namespace kontena::agent {

// Where what comes along with deploys lies on this host.
struct ContentFolders {
  std::string content;    // archives unpacked, by digest, shared by instances and never written to
  std::string instances;  // of each instance: its configs, copies of its own, and what content it uses
  std::string memory;     // secrets, by instance: on a tmpfs
  std::string filling;    // marks of volumes that are being filled
};
// Those of an agent with that state folder. Secrets lie under /run where that is in memory, otherwise on a tmpfs
// that is mounted for them.
Result<ContentFolders> content_folders(const std::string& state_dir, const std::string& node);

// All of it goes, of a host that is to be no node any more.
Status forget_content(const std::string& state_dir, const std::string& node);

// Files that instances find in their containers. Safe from any thread.
class Content {
 public:
  struct Source {  // the server; Code::deadline_exceeded says that it is away
    std::function<Status(const std::string& digest, const std::function<bool(std::string_view)>& sink)> blob;
    std::function<Result<Redacted>(const std::string& digest)> secret;
  };
  Content(ContentFolders folders, Source source) : folders_(std::move(folders)), source_(std::move(source)) {}

  // Whether what only the server has, and is not here, is needed: then why.
  std::string lacking(const model::Assignment&) const;

  // Has all that an instance is to find, fetching what is missing. Code::deadline_exceeded: the server is away.
  Status ensure(const model::Assignment&);
  // Has the values of its variables, in memory, for the container that is made next. Likewise.
  Status fetch_variables(const model::Assignment&);
  std::map<std::string, Redacted> variables(const model::Assignment&);
  void forget_variables(const std::string& instance);  // it has its container

  // After ensure(): the mounts of the spec become binds of what is here.
  void mount(const model::Assignment&, model::ServiceSpec&) const;

  // Makes a volume that is to be filled, unless it is there: what is, is somebody's data.
  Status make_volume(engine::Engine&, const std::string& name, const model::VolumeSpec&,
                     const model::StringMap& labels);

  void forget(const std::string& instance);                // it has no container any more
  // And the content they use. False where somebody is at it: again later.
  bool keep_only(const std::set<std::string>& instances);

 private:
  Status fetch_content(const std::string& digest);
  Status fetch(const std::string& digest, const std::string& path);
  Status ensure_file(const model::Assignment&, std::size_t index);
  Status ensure_copy(const model::Assignment&, std::size_t index);
  std::string file_path(const model::Assignment&, std::size_t index) const;
  std::string copy_path(const model::Assignment&, std::size_t index) const;
  std::string content_path(const std::string& digest) const;

  const ContentFolders folders_;
  const Source source_;
  Synced<std::map<std::string, std::map<std::string, Redacted>>> variables_;  // by instance
  Synced<bool> turn_;  // whoever changes the content or fills a volume
  class Turn;
};

Content::Source content_from(Uplink&);

}  // namespace kontena::agent
