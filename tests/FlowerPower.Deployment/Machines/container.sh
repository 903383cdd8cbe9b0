# Becomes one process of an image's: a root folder that holds what the image would, with its own user, environment and mounts.
# Runs inside a network namespace, in the mount namespace that `ip netns exec` makes: what it mounts ends with the process.
# From its environment: ROOT BASE_DOTNET APP EXAMPLE RUN MOUNTS READ_ONLY RUN_AS WORK_FOLDER ENVIRONMENT. Its arguments are the command.
set -eu

mount -t tmpfs -o mode=755 none "$ROOT"
mkdir -p "$ROOT"/{usr/share/dotnet,usr/local/bin,etc,proc,dev,sys,tmp,run,var/cache,app,home/app,project,data,opt}
chmod 1777 "$ROOT/tmp"

# The system: its programs and libraries, read-only, without the .NET SDK.
for folder in bin sbin lib lib32 lib64 libexec share/zoneinfo; do
  if [ -d "/usr/$folder" ]; then mkdir -p "$ROOT/usr/$folder" && mount -o bind,ro "/usr/$folder" "$ROOT/usr/$folder"; fi
done
for folder in bin sbin lib lib32 lib64; do
  if [ -L "/$folder" ]; then cp -P "/$folder" "$ROOT/$folder"
  elif [ -d "/$folder" ]; then mkdir "$ROOT/$folder" && mount -o bind,ro "/$folder" "$ROOT/$folder"; fi
done
cp "$BASE_DOTNET/dotnet" "$ROOT/usr/share/dotnet/"
for folder in host shared; do
  mkdir "$ROOT/usr/share/dotnet/$folder" && mount -o bind,ro "$BASE_DOTNET/$folder" "$ROOT/usr/share/dotnet/$folder"
done
for file in alternatives group hosts ld.so.cache ld.so.conf ld.so.conf.d localtime nsswitch.conf passwd ssl; do
  if [ -e "/etc/$file" ]; then cp -a "/etc/$file" "$ROOT/etc/"; fi
done
echo 'app:x:1654:1654::/home/app:/bin/sh' >> "$ROOT/etc/passwd"
for folder in proc dev sys; do mount --rbind "/$folder" "$ROOT/$folder"; done

# The image: what its file copies, and the commands that it runs.
mount -o bind,ro "$APP" "$ROOT/app"
cp -r "$EXAMPLE/." "$ROOT/project/"
APP_UID=1654 chroot "$ROOT" /bin/sh -c "$RUN"

# What is mounted into the container: target|source|options, a line each; tmpfs if there is no source.
printf '%s\n' "$MOUNTS" | while IFS='|' read -r target source options; do
  if [ -z "$target" ]; then continue; fi
  if [ -z "$source" ]; then
    mkdir -p "$ROOT$target" && mount -t tmpfs -o "${options:-mode=1777}" none "$ROOT$target"
  else
    if [ -d "$source" ]; then mkdir -p "$ROOT$target"; else mkdir -p "$(dirname "$ROOT$target")" && touch "$ROOT$target"; fi
    mount -o "bind${options:+,$options}" "$source" "$ROOT$target"
  fi
done
if [ "$READ_ONLY" = true ]; then mount -o remount,ro "$ROOT"; fi

mapfile -t environment <<<"$ENVIRONMENT"
exec chroot "$ROOT" /usr/bin/setpriv --reuid "$RUN_AS" --regid "$RUN_AS" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs --pdeathsig KILL \
  /usr/bin/env -i -C "$WORK_FOLDER" "${environment[@]}" "$@"
