#pragma once

#include <memory>
#include <set>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/engine/engine.h"
#include "wire.h"

namespace kontena::engine::docker {

// Docker's Engine. Cut by noun: containers.cc, images.cc, networks.cc (and
// volumes), logs.cc, events.cc, exec.cc; engine.cc has the rest.
class DockerEngine final : public Engine {
 public:
  // The socket's path is for messages; the client is connected to it.
  DockerEngine(const std::string& socket, std::unique_ptr<http::Client>);

  Result<EngineFacts> facts() override;
  Result<std::vector<Container>> list(const std::string& node) override;
  Result<Container> inspect(const std::string& id) override;
  Result<bool> has_image(const std::string& image) override;
  Status pull(const std::string& image, const RegistryUser*, const std::function<void(const PullProgress&)>&) override;
  Result<std::string> image_id(const std::string& image) override;
  Result<bool> remove_image(const std::string& id) override;
  Status ensure_network(const model::AssignedNetwork&, const model::StringMap& labels, int mtu) override;
  Result<std::string> volume_path(const std::string& name) override;
  Status ensure_volume(const std::string& name, const model::VolumeSpec&, const model::StringMap& labels) override;
  Result<model::Strings> networks(const std::string& node) override;
  Result<model::Strings> volumes(const std::string& node) override;
  Result<std::vector<EngineSubnet>> subnets() override;
  Status remove_network(const std::string& name, const std::string& node) override;
  Status remove_volume(const std::string& name, const std::string& node) override;
  Result<std::string> create(const ContainerSpec&) override;
  Status start(const std::string& id) override;
  Status stop(const std::string& id, Duration grace) override;
  Status remove(const std::string& id) override;
  Status logs(const std::string& id, const LogOptions&, const std::function<bool(const LogLine&)>& sink) override;
  Result<LogPlace> log_place(const std::string& id) override;
  Result<ExecEnd> exec(const std::string& id, const ExecSpec&,
                       const std::function<bool(const ExecOutput&)>& sink) override;
  Status watch(const std::string& node, const std::function<bool(const Event&)>& sink) override;

 private:
  Result<std::optional<std::string>> subnet_of(const std::string& network);
  static codec::Document network_body(const model::AssignedNetwork&, const model::StringMap& labels, int mtu);
  Status clear_command(ContainerSpec&);
  std::int64_t now_ns() const { return to_ms(clock_.now()) * 1'000'000; }

  Wire wire_;
  const SystemClock clock_;               // the engine's, since it runs on this machine
  Synced<std::set<std::string>> making_;  // networks: names are not unique to Docker, so one at a time makes one
};

}  // namespace kontena::engine::docker
