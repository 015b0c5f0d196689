#include "mesh_state.h"

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

std::string path_in(const std::string& state_dir) { return state_dir + "/network.json"; }

// Sets a member of a map; tells whether that changed it.
template <class T>
bool set(std::map<std::string, T>& map, const std::string& key, T value) {
  const auto found = map.find(key);
  if (found != map.end() && found->second == value) return false;
  map.insert_or_assign(key, std::move(value));
  return true;
}

}  // namespace

MeshMerged merge(const overlay::Snapshot& had, api::NetworkAnswer answer) {
  MeshMerged merged{.snapshot = had};
  overlay::Snapshot& now = merged.snapshot;
  std::ranges::sort(answer.lost);
  merged.differs = had.digest != answer.digest || had.pool != answer.pool || had.pool6 != answer.pool6 || had.address != answer.address ||
                   had.key_rotation != answer.key_rotation || had.networks != answer.networks || had.lost != answer.lost;
  now.revision = answer.revision;
  now.grid = answer.grid;
  now.pool = answer.pool;
  now.pool6 = answer.pool6;
  now.address = answer.address;
  now.key_rotation = answer.key_rotation;
  now.digest = answer.digest;
  now.networks = std::move(answer.networks);
  now.lost = std::move(answer.lost);
  if (answer.complete) {
    now.members.clear();
    now.peers.clear();
  }
  bool differs = false;
  for (model::Member& member : answer.members) {
    const std::string id = overlay::member_id(member);
    differs |= set(now.members, id, std::move(member));
  }
  for (model::Peer& peer : answer.peers) {
    const std::string node = *peer.node;
    const auto before = had.peers.find(node);
    if (before != had.peers.end() && before->second.public_key != peer.public_key)
      now.former_keys[node] = before->second.public_key;
    differs |= set(now.peers, node, std::move(peer));
  }
  for (const std::string& instance : answer.gone)
    differs |= std::erase_if(now.members, [&](const auto& m) { return *m.second.instance == instance; }) > 0;
  std::erase_if(now.former_keys, [&](const auto& former) { return !now.peers.contains(former.first); });
  // All that there is, once more, is no news.
  merged.differs |= answer.complete ? now.members != had.members || now.peers != had.peers : differs;
  return merged;
}

bool leads_elsewhere(const overlay::Snapshot& a, const overlay::Snapshot& b) {
  const auto same_place = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.address == other.second.address && one.second.address6 == other.second.address6 && one.second.node == other.second.node;
  };
  return a.pool != b.pool || a.pool6 != b.pool6 || a.address != b.address || a.networks != b.networks || a.peers != b.peers ||
         a.former_keys != b.former_keys || a.key_rotation != b.key_rotation || !std::ranges::equal(a.members, b.members, same_place);
}

overlay::Snapshot load_snapshot(const std::string& state_dir) {
  const auto text = files::read(path_in(state_dir), 1u << 30);
  if (!text && text.error().code == Code::not_found) return {};
  auto snapshot = text ? codec::from_json<overlay::Snapshot>(*text) : Result<overlay::Snapshot>(text.error());
  if (snapshot && snapshot->format == 1) return *std::move(snapshot);
  log::warn("the kept network cannot be read: it is asked for anew",
            {{"reason", snapshot ? "its format is not known to this version" : snapshot.error().message}});
  return {};
}

Status save_snapshot(const std::string& state_dir, const overlay::Snapshot& snapshot) {
  return files::write(path_in(state_dir), codec::to_json(snapshot), 0600);
}

}  // namespace kontena::agent
