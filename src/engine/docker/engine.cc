#include "engine.h"

namespace kontena::engine::docker {

DockerEngine::DockerEngine(const std::string& socket, std::unique_ptr<http::Client> client)
    : wire_(socket, std::move(client)) {}

Result<EngineFacts> DockerEngine::facts() {
  KTN_TRY(const auto greeted, wire_.greet());
  const auto& [version, dialect] = greeted;
  KTN_TRY(const auto info, wire_.read({.path = "/info"}));
  EngineFacts facts;
  facts.version = version.engine;
  facts.api_version = name(dialect);
  facts.os = version.os;
  facts.architecture = version.architecture;
  facts.kernel = version.kernel;
  facts.hostname = codec::string_at(info.root(), {"Name"});
  facts.nano_cpus = codec::integer_at(info.root(), {"NCPU"}) * 1'000'000'000;
  facts.memory_bytes = codec::integer_at(info.root(), {"MemTotal"});
  facts.live_restore = codec::bool_at(info.root(), {"LiveRestoreEnabled"});
  if (const auto runtimes = codec::find(info.root(), "Runtimes"))
    for (const auto& [name, runtime] : codec::members(*runtimes)) facts.runtimes.push_back(name);
  const auto folders = codec::find(info.root(), "CDISpecDirs");
  if (folders && !codec::elements(*folders).empty()) facts.runtimes.emplace_back("cdi");
  if (const auto drivers = codec::find_path(info.root(), {"Plugins", "Volume"}))
    for (const codec::Element driver : codec::elements(*drivers))
      if (std::string name; codec::take(driver, name)) facts.volume_drivers.push_back(std::move(name));
  facts.data_dir = codec::string_at(info.root(), {"DockerRootDir"});
  return facts;
}

}  // namespace kontena::engine::docker
