#pragma once

#include <functional>
#include <set>
#include <string>

#include "kontena/base/synced.h"
#include "kontena/engine/images.h"
#include "kontena/image/parts.h"
#include "uplink.h"

namespace kontena::agent {

// Images that come with deploys: brought from the server part by part, those that this node lacks, and
// loaded into its engine. Safe from any thread.
class ImageParts {
 public:
  // Parts lie in `folder` until their image is loaded, or nobody has asked for it for an hour.
  ImageParts(engine::Images& images, Uplink& uplink, std::string folder);

  // The image that this manifest lists, by that name. What was fetched before a failure is not fetched
  // again. Code::not_found where the server has no such manifest or part.
  Status bring(const std::string& name, const std::string& manifest,
               const std::function<void(const engine::PullProgress&)>& on_progress);

 private:
  Result<std::string> fetch_text(const std::string& digest, std::size_t limit);
  Status fetch(const std::string& digest, const std::function<void(std::int64_t bytes)>& on_bytes);
  Result<std::set<std::string>> there(const image::Manifest&, const std::string& config);
  Status load(const std::string& name, const image::Manifest&, const std::string& config,
              const std::set<std::string>& parts);
  std::string path_of(const std::string& digest) const;
  void clear_old() const;

  engine::Images& images_;
  Uplink& uplink_;
  const std::string folder_;
  Synced<std::set<std::string>> busy_;  // parts that somebody fetches or loads
};

}  // namespace kontena::agent
