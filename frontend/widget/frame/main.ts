import { mount } from 'svelte';
import App from './App.svelte';
import { begin, type Page } from './app.svelte';
import './frame.css';

const page = JSON.parse(document.getElementById('aftercare')!.textContent) as Page;
const frame = begin(page);
if (frame.view !== 'home') void frame.more();
mount(App, { target: document.body });
// Not with the next picture: a frame that is loaded ahead of time draws none.
setTimeout(() => frame.host.tell('ready'));
