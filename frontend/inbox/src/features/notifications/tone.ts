let context: AudioContext | null = null;

/** Two soft notes, a fifth apart: made here, so there is no file to load. */
export function playTone(): void {
  try {
    context ??= new AudioContext();
    void context.resume().then(() => {
      if (context?.state === 'running') ring(context);
    });
  } catch {
    context = null; // no sound on this machine
  }
}

function ring(audio: AudioContext): void {
  note(audio, 659.25, 0, 0.16);
  note(audio, 987.77, 0.11, 0.32);
}

function note(audio: AudioContext, hertz: number, after: number, seconds: number): void {
  const begin = audio.currentTime + after;
  const voice = audio.createOscillator();
  const volume = audio.createGain();
  voice.type = 'sine';
  voice.frequency.value = hertz;
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(0.08, begin + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, begin + seconds);
  voice.connect(volume).connect(audio.destination);
  voice.start(begin);
  voice.stop(begin + seconds);
}
