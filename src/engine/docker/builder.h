#pragma once

#include "kontena/engine/images.h"
#include "wire.h"

namespace kontena::engine::docker {

class DockerImages final : public Images {
 public:
  DockerImages(const std::string& socket, std::unique_ptr<http::Client> client) : wire_(socket, std::move(client)) {}

  Result<ImageFacts> find(const std::string& image) override;
  Result<std::string> labelled(std::string_view key, const std::string& value) override;
  Result<model::StringMap> named(const std::string& pattern) override;
  Result<std::vector<model::Strings>> layers() override;
  Status build(const BuildSpec&, const Pieces& context, const Line&) override;
  Status pull(const std::string& image, const std::string& platform, const Redacted& registries) override;
  Status tag(const std::string& image, const std::string& name) override;
  Status save(const std::string& image, const std::function<Status(std::string_view)>& sink) override;
  Status load(const Pieces& archive) override;

 private:
  Wire wire_;
};

// The path of a build with all of its parameters, some of which come several times. Pure.
std::string build_path(const BuildSpec&);

// What a build says, line by line. Pure.
class BuildReport {
 public:
  explicit BuildReport(const std::function<void(std::string_view)>& line) : line_(line) {}
  void take(std::string_view json);
  void finish();
  bool failed() const { return !error_.empty(); }
  Error error() const;

 private:
  void say(std::string_view text);

  const std::function<void(std::string_view)>& line_;
  std::string held_;  // of a line that has not ended
  std::string step_;  // "Step 2/3 : RUN make"
  std::string error_;
};

}  // namespace kontena::engine::docker
