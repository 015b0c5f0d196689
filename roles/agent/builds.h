#pragma once

#include <string>

#include "kontena/api/build.h"
#include "kontena/engine/images.h"
#include "uplink.h"

namespace kontena::agent {

inline constexpr int most_builds = 2;
inline constexpr Duration longest_build{3'600'000};

// Builds that people have this node's engine do. The context comes from the server and goes to the engine by a file
// without a name; what the builder says goes back by the stream that the order came with. Who no longer waits for it
// has it ended. An image has a name here that no other project's build and no pull can give: what it was built
// from, in full. So it is known again, and cleaned up as what was pulled.
class Builds {
 public:
  Builds(Context context, Uplink& uplink, engine::Images& images, std::string folder)
      : context_(std::move(context)), uplink_(uplink), images_(images), folder_(std::move(folder)) {}

  void run(const api::StreamWanted&);  // to its end

 private:
  struct Work;
  Result<api::BuildRecord> build(Work&);
  Status fetch(Work&, const std::string& path);
  Status make(Work&, const std::string& name);
  Status send(Work&, const engine::ImageFacts&, api::BuildRecord&);
  void note(const std::string& id, const std::string& name);
  void adopt();

  Context context_;
  Uplink& uplink_;
  engine::Images& images_;
  const std::string folder_;
  Synced<int> running_{0};
};

// What an order is built of and how, for a project; not whether and where.
std::string built_name(const std::string& grid, api::BuildOrder);

// Hears from what a builder says which image the last step made: what a build that fails leaves. Pure.
class StepImages {
 public:
  void take(std::string_view line);
  const std::string& last() const { return last_; }  // "" = none

 private:
  bool from_ = false;    // the step at hand is a FROM
  bool cached_ = false;  // … or was done before
  std::string last_;
};

}  // namespace kontena::agent
