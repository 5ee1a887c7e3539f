
// Appended to `recorder.js`: counts the blocks from the worklet's ports.
{
  let blocks = 0;
  const count = ({ data }) => void (data.planar && blocks++);
  addEventListener("message", ({ ports }) => ports[0]?.addEventListener("message", count));
  const channel = new BroadcastChannel("bench");
  channel.addEventListener("message", ({ data }) => {
    if (data === "count") channel.postMessage({ blocks });
  });
}
